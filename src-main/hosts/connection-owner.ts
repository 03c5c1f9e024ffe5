/** Whose program is at the other end of a loopback connection, where the system tells: on Linux. */
import { readFileSync } from 'node:fs'

/** Columns of Linux's table of connections, by their place. */
const column = { local: 1, remote: 2, user: 7 } as const

/** A loopback connection as its client sees it. */
export interface ClientEnd {
  readonly port: number
  readonly serverPort: number
}

/** The id of the user whose program made the connection; null where it can't be told. */
export function ownerOf(client: ClientEnd): number | null {
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const owner = findOwner(readTable(table), client)
    if (owner !== null) return owner
  }
  return null
}

/** @param table as Linux's proc(5) describes `/proc/net/tcp`: addresses and ports in hexadecimal */
export function findOwner(table: string, { port, serverPort }: ClientEnd): number | null {
  for (const line of table.split('\n')) {
    const cells = line.trim().split(/\s+/)
    if (portIn(cells[column.local]) !== port || portIn(cells[column.remote]) !== serverPort) continue
    return Number(cells[column.user])
  }
  return null
}

function portIn(address: string | undefined): number {
  return Number.parseInt(address?.split(':')[1] ?? '', 16)
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // No Linux, or one that keeps it to itself.
  }
}
