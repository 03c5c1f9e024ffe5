import { openLocalApp, version } from '../local-app.ts'
import { listenToInterrupts } from './interrupts.ts'
import { readLines } from './line-reader.ts'
import type { Surroundings } from './run-command.ts'

/** The surroundings of a command that runs as this process. */
export async function thisProcess(): Promise<Surroundings> {
  const { stdin, stdout, stderr } = process
  // `veranda models list | head`: the reader has seen enough, which is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  const interrupts = listenToInterrupts(process, () => process.exit(1))
  return {
    stdout,
    stderr,
    signal: interrupts.signal,
    version: await version(),
    readLines: () => readLines({ input: stdin, output: stdout }, interrupts.take),
    openApp: openLocalApp,
  }
}
