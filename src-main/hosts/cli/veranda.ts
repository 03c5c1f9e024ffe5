/** The `veranda` command: finds which of its commands is meant, and runs it. */
import type { Command } from './command.ts'
import { adapterCommands } from './commands/adapters.ts'
import { bundleCommand } from './commands/bundle.ts'
import { chatCommand } from './commands/chat.ts'
import { dataCommands } from './commands/data.ts'
import { deviceCommand } from './commands/devices.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { exampleCommands } from './commands/examples.ts'
import { modelCommands } from './commands/models.ts'
import { personalizeCommand } from './commands/personalize.ts'
import { serveCommand } from './commands/serve.ts'
import { transferCommands } from './commands/transfer.ts'
import { runCommand, type ExitCode, type Surroundings } from './run-command.ts'

const commands: readonly Command[] = [
  ...modelCommands,
  chatCommand,
  serveCommand,
  personalizeCommand,
  evaluateCommand,
  ...exampleCommands,
  ...adapterCommands,
  ...transferCommands,
  bundleCommand,
  ...dataCommands,
  deviceCommand,
]

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

  return await runCommand(command, rest, surroundings)
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
