/** The browser host as a process of its own, as a person starts and ends it, over a folder that stays. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface HostProcess {
  /** Opens the app once. */
  readonly address: string
  /** The engine's process. */
  enginePid(): number
  /** Asks it to end, as closing its window or Ctrl+C does; settles when it has. */
  close(): Promise<void>
}

export async function startHost(dataDirectory: string): Promise<HostProcess> {
  const child = spawn(
    process.execPath,
    ['src-main/hosts/launch.mjs', '--no-open', '--data-dir', dataDirectory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const address = await readAddress(child)
  return {
    address,
    enginePid: () => childOf(child.pid ?? 0, 'engine/process.ts'),
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function readAddress(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The host has no output.')
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^Veranda is at (\S+)$/.exec(line) ?? []
    if (address !== undefined) return address
  }
  throw new Error('The host ended before it told its address.')
}

/** By the process table of Linux. */
function childOf(parent: number, program: string): number {
  const found = readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      if (Number.isNaN(pid)) return false
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        return (
          status.includes(`PPid:\t${parent}\n`) &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program)
        )
      } catch {
        // It ended while the table was read.
        return false
      }
    })
  if (found === undefined) throw new Error(`Process ${parent} has no child that runs ${program}.`)
  return found
}
