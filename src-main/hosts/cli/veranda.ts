/** The `veranda` command: finds the command that is meant, opens the app, runs it, and says how it went. */
import type { App } from '../../app/app.ts'
import { toFailureMessage } from '../../contract/failure.ts'
import type { Command, Context, Invocation } from './command.ts'
import { adapterCommands } from './commands/adapters.ts'
import { chatCommand } from './commands/chat.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { modelCommands } from './commands/models.ts'
import { personalizeCommand } from './commands/personalize.ts'
import type { LineReader } from './chat-session.ts'
import { UsageError } from './options.ts'
import { createOutput, type TextStream } from './output.ts'

const commands: readonly Command[] = [
  ...modelCommands,
  chatCommand,
  personalizeCommand,
  evaluateCommand,
  ...adapterCommands,
]

/** What the command line needs of the world. */
export interface Surroundings {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly signal: AbortSignal
  readonly version: string
  readLines(): LineReader
  openApp(dataDirectory: string | null): Promise<Pick<App, 'services' | 'close'>>
}

/** 0: done; 1: failed, with one clear line on stderr; 2: called wrongly. */
export type ExitCode = 0 | 1 | 2

export async function runVeranda(
  argumentList: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { stdout, stderr } = surroundings
  const [first] = argumentList
  if (first === '--version') {
    stdout.write(`${surroundings.version}\n`)
    return 0
  }
  if (first === '--help' || first === 'help') {
    stdout.write(`${overview(commands)}\n`)
    return 0
  }

  const { command, rest } = findCommand(argumentList)
  if (command === undefined) {
    const group = commands.filter(({ words }) => words.startsWith(`${first ?? ''} `))
    if (group.length > 0 && argumentList.includes('--help')) {
      stdout.write(`${overview(group)}\n`)
      return 0
    }
    const what = first === undefined ? '' : `There is no command “${argumentList.slice(0, 2).join(' ')}”.\n\n`
    stderr.write(`${what}${overview(group.length > 0 ? group : commands)}\n`)
    return 2
  }

  try {
    const invocation = command.read(rest)
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
  const app = await surroundings.openApp(invocation.dataDirectory)
  let result: unknown
  try {
    const context: Context = {
      services: app.services,
      output,
      signal: surroundings.signal,
      readLines: surroundings.readLines,
    }
    result = await invocation.run(context)
  } finally {
    output.endProgress()
    await app.close()
  }
  output.json(result)
}

/** The command with the most words that the arguments begin with. */
function findCommand(argumentList: readonly string[]): {
  readonly command: Command | undefined
  readonly rest: readonly string[]
} {
  for (const length of [2, 1]) {
    const words = argumentList.slice(0, length).join(' ')
    const command = commands.find((candidate) => candidate.words === words)
    if (command !== undefined) return { command, rest: argumentList.slice(length) }
  }
  return { command: undefined, rest: [] }
}

function overview(listed: readonly Command[]): string {
  const width = Math.max(...listed.map(({ words }) => words.length))
  const rows = listed.map(({ words, summary }) => `  veranda ${words.padEnd(width)}  ${summary}`)
  return `${rows.join('\n')}\n\n“veranda COMMAND --help” says more about one.`
}
