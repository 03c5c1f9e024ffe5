import { inEnglish } from '../../contract/sentence.ts'
import type { App } from '../../app/app.ts'
import { toFailureMessage } from '../../contract/failure.ts'
import type { LineReader } from './chat-session.ts'
import type { Command, Context, Invocation } from './command.ts'
import { UsageError } from './options.ts'
import { createOutput, type TextStream } from './output.ts'

/** What the command line needs of the world. */
export interface Surroundings {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly signal: AbortSignal
  readonly version: string
  readLines(): LineReader
  openApp(
    dataDirectory: string | null,
    options: Pick<Invocation, 'exact' | 'device'>,
  ): Promise<Pick<App, 'services' | 'close'>>
}

/** 0: done; 1: failed, with one clear line on stderr; 2: called wrongly. */
export type ExitCode = 0 | 1 | 2

/** Reads what was given, opens the app, runs the command, and says how it went. */
export async function runCommand(
  command: Command,
  argumentList: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { stdout, stderr } = surroundings
  try {
    const invocation = command.read(argumentList)
    if (invocation.help) stdout.write(`${command.help}\n`)
    else await invoke(invocation, surroundings)
    return 0
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`${error.message}\nUsage: ${command.usage}\n`)
      return 2
    }
    stderr.write(`${toFailureMessage(error).message}\n`)
    return 1
  }
}

async function invoke(invocation: Invocation, surroundings: Surroundings): Promise<void> {
  const output = createOutput(surroundings.stdout, surroundings.stderr, invocation.json)
  const app = await surroundings.openApp(invocation.dataDirectory, invocation)
  let result: unknown
  try {
    const context: Context = {
      services: app.services,
      output,
      signal: surroundings.signal,
      readLines: surroundings.readLines,
    }
    result = await invocation.run(context)
    const fallback = app.services.devices.fallback()
    if (fallback !== null) output.note(`The processor was used instead: ${inEnglish(fallback)}`)
  } finally {
    output.endProgress()
    await app.close()
  }
  output.json(result)
}
