import { messageOf } from '../../contract/failure.ts'
import { parseArgs } from 'node:util'
import type { DeviceChoice } from '../../contract/devices.ts'
import type { Services } from '../../app/services.ts'
import type { LineReader } from './chat-session.ts'
import type { Output } from './output.ts'
import { flag, onDevice, text, UsageError, type Options, type Values } from './options.ts'

/** What a command works with. */
export interface Context {
  readonly services: Services
  readonly output: Output
  /** Aborted by the first Ctrl+C. */
  readonly signal: AbortSignal
  /** Opens what the person types, for a command that talks. */
  readonly readLines: () => LineReader
}

/** What is given on the command line after a command's words. */
export interface Given<O extends Options> {
  readonly positionals: readonly string[]
  readonly values: Values<O>
}

export interface CommandDefinition<O extends Options> {
  /** For example `models pull`. */
  readonly words: string
  /** How it is called, where not as a command of `veranda`. */
  readonly calledAs?: string
  readonly summary: string
  /** What must be given, then what may be, for example `['ID']` and `['PROMPT']`. */
  readonly required?: readonly string[]
  readonly optional?: readonly string[]
  readonly options: O
  /** The options that must be given. */
  readonly needs?: readonly (keyof O & string)[]
  /** Answers the one object that `--json` prints; prints the rest itself, for people. */
  run(context: Context, given: Given<O>): Promise<unknown>
}

/** A command that is ready to be run with what was given. */
export interface Invocation {
  readonly help: boolean
  readonly json: boolean
  readonly dataDirectory: string | null
  /** Whether everything is to be computed in float32. */
  readonly exact: boolean
  /** The device that was asked for; null leaves it to what was chosen for good. */
  readonly device: DeviceChoice | null
  run(context: Context): Promise<unknown>
}

export interface Command {
  readonly words: string
  readonly summary: string
  /** In one line. */
  readonly usage: string
  /** Usage, summary and every option. */
  readonly help: string
  /** @throws UsageError */
  read(argumentList: readonly string[]): Invocation
}

const everywhere = {
  json: flag('print one JSON object, last on stdout; progress goes to stderr'),
  'data-dir': text('FOLDER', 'keep everything in this folder'),
  help: flag('say how the command is used'),
} satisfies Options

export function command<O extends Options>(definition: CommandDefinition<O>): Command {
  const { required = [], optional = [], needs = [] } = definition
  const options: Options = { ...definition.options, ...everywhere }
  const usage = [
    definition.calledAs ?? `veranda ${definition.words}`,
    ...required,
    ...optional.map((name) => `[${name}]`),
    ...Object.entries(options).map(([name, { placeholder }]) => {
      const written = optionUsage(name, placeholder)
      return needs.includes(name) ? written : `[${written}]`
    }),
  ].join(' ')

  return {
    words: definition.words,
    summary: definition.summary,
    usage,
    help: `${usage}\n\n${definition.summary}\n\n${optionTable(options)}`,
    read(argumentList) {
      const { positionals, values } = parse(argumentList, options)
      const everywhereValues = readValues(everywhere, values)
      const given: Given<O> = { positionals, values: readValues(definition.options, values) }
      const help = everywhereValues.help === true
      if (!help) {
        checkPositionals(positionals, required, optional)
        for (const name of needs) {
          if (values[name] === undefined) throw new UsageError(`--${name} is missing.`)
        }
      }
      return {
        help,
        json: everywhereValues.json === true,
        dataDirectory: everywhereValues['data-dir'] ?? null,
        exact: values['exact'] === true,
        device:
          'device' in definition.options ? (readValues({ device: onDevice }, values).device ?? null) : null,
        run: (context) => definition.run(context, given),
      }
    },
  }
}

type RawValues = Readonly<Record<string, string | boolean | undefined>>

function parse(
  argumentList: readonly string[],
  options: Options,
): { readonly positionals: readonly string[]; readonly values: RawValues } {
  const config = Object.entries(options).map(
    ([name, { placeholder }]): [string, { type: 'string' | 'boolean' }] => [
      name,
      { type: placeholder === null ? 'boolean' : 'string' },
    ],
  )
  try {
    const parsed = parseArgs({
      args: [...argumentList],
      options: Object.fromEntries(config),
      allowPositionals: true,
      strict: true,
    })
    return { positionals: parsed.positionals, values: parsed.values }
  } catch (error) {
    // Node's own text is a full sentence that names the option.
    throw new UsageError(messageOf(error))
  }
}

function readValues<O extends Options>(options: O, values: RawValues): Values<O> {
  const entries = Object.entries(options).map(([name, option]) => {
    const given = values[name]
    return [name, given === undefined ? undefined : option.read(String(given), name)]
  })
  return Object.fromEntries(entries) as Values<O>
}

function checkPositionals(
  positionals: readonly string[],
  required: readonly string[],
  optional: readonly string[],
): void {
  const missing = required[positionals.length]
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`)
  const extra = positionals[required.length + optional.length]
  if (extra !== undefined)
    throw new UsageError(`“${extra}” is one argument too many; quote text with spaces.`)
}

function optionUsage(name: string, placeholder: string | null): string {
  return placeholder === null ? `--${name}` : `--${name} ${placeholder}`
}

function optionTable(options: Options): string {
  const rows = Object.entries(options).map(([name, { placeholder, help }]) => ({
    usage: optionUsage(name, placeholder),
    help,
  }))
  const width = Math.max(...rows.map(({ usage }) => usage.length))
  return rows.map(({ usage, help }) => `  ${usage.padEnd(width)}  ${help}`).join('\n')
}
