import { openLocalApp, version } from '../local-app.ts'
import { listenToInterrupts } from './interrupts.ts'
import { readLines } from './line-reader.ts'
import { runVeranda } from './veranda.ts'

const { stdin, stdout, stderr } = process

// `veranda models list | head`: the reader has seen enough, which is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const interrupts = listenToInterrupts(process, () => process.exit(1))

process.exitCode = await runVeranda(process.argv.slice(2), {
  stdout,
  stderr,
  signal: interrupts.signal,
  version: await version(),
  readLines: () => readLines({ input: stdin, output: stdout }, interrupts.take),
  openApp: openLocalApp,
})
