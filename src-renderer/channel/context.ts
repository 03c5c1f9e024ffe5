/** The client and the connection, for any component below `App.svelte`. */
import { createContext } from 'svelte'
import type { Client } from './client.ts'
import type { Connection } from './connection.svelte.ts'

export const [useClient, provideClient] = createContext<Client>()
export const [useConnection, provideConnection] = createContext<Connection>()
