/** The product without Electron or HTTP: opens the data folder and answers everything a host may ask. */
import type { Handlers } from '../contract/procedures.ts'
import { Failure } from '../contract/failure.ts'
import type { Engine } from '../engine/contract.ts'
import type { Services } from './services.ts'

export interface AppOptions {
  /** Absolute; made if missing. See `dataDirectory` in data-directory.ts for how hosts choose it. */
  readonly dataDirectory: string
  /** The repository's `resources/`, or its packaged copy: catalogue.json and samples. */
  readonly resourcesDirectory: string
  /** Closed with the app. */
  readonly engine: Engine
  readonly version: string
  /** Opens the system's file dialog, where the host has one. */
  readonly pickFile?: (kind: 'model' | 'examples') => Promise<string | null>
  /** How the app reaches the network; `fetch` unless given. */
  readonly network?: typeof fetch
}

export interface App {
  /** What a screen may ask, one a procedure. */
  readonly handlers: Handlers
  /** The same, as the command line calls it. */
  readonly services: Services
  /** Stops what is going on (a running training becomes `interrupted`), closes the engine and the database. */
  close(): Promise<void>
}

/** Opens the app on a data folder; fails with `data-folder-in-use` while another instance has it open. */
export async function openApp(options: AppOptions): Promise<App> {
  throw new Failure('not-yet', `The app over ${options.dataDirectory} is being built.`)
}
