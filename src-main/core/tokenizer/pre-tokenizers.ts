/**
 * How text is cut into pieces before byte-pair encoding: regular expressions, applied one after the other; each
 * cuts every piece so far into its matches and what lies between them.
 */
import { Failure } from '../../contract/failure.ts'

/** White space as Unicode defines it: JavaScript's `\s` has U+FEFF on top and lacks U+0085. */
const space = String.raw`\p{White_Space}`

const eachDigit = String.raw`\p{N}`
const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^${space}\p{L}\p{N}]+|${space}+(?!\P{White_Space})|${space}+`
const llama3 = String.raw`'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^${space}\p{L}\p{N}]+[\r\n]*|${space}*[\r\n]+|${space}+(?!\P{White_Space})|${space}+`

const qwen2 = llama3.replace(String.raw`\p{N}{1,3}`, String.raw`\p{N}`)
const upper = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`
const lower = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`
const tekken = String.raw`[^\r\n\p{L}\p{N}]?[${upper}]*[${lower}]+|[^\r\n\p{L}\p{N}]?[${upper}]+[${lower}]*|\p{N}| ?[^${space}\p{L}\p{N}]+[\r\n/]*|${space}*[\r\n]+|${space}+(?!\P{White_Space})|${space}+`

/** By the name in `tokenizer.ggml.pre`. Source: llama.cpp, llama-vocab.cpp (`llm_tokenizer_bpe`). */
const byGgufName: Readonly<Record<string, readonly string[]>> = {
  'gpt-2': [gpt2],
  'phi-2': [gpt2],
  olmo: [gpt2],
  smollm: [eachDigit, gpt2],
  starcoder: [eachDigit, gpt2],
  'command-r': [eachDigit, gpt2],
  qwen2: [qwen2],
  'deepseek-r1-qwen': [qwen2],
  tekken: [tekken],
  'llama-bpe': [llama3],
  'llama-v3': [llama3],
  llama3: [llama3],
}

/** Fails with `tokenizer-unsupported`, naming the pre-tokenizer, for one that isn't known. */
export function preTokenizerByGgufName(name: string): readonly string[] {
  if (Object.hasOwn(byGgufName, name)) return byGgufName[name] ?? []
  throw unsupportedTokenizer(`the pre-tokenizer ${name}`)
}

/** The `pre_tokenizer` of a Hugging Face tokenizer.json; its last step must be ByteLevel. */
export function preTokenizerFromJson(json: unknown): readonly string[] {
  const steps = flatten(json)
  if (steps.at(-1)?.['type'] !== 'ByteLevel')
    throw unsupportedTokenizer('a pre-tokenizer that does not end in ByteLevel')
  return steps.flatMap((step) => {
    switch (step['type']) {
      case 'Digits':
        return [step['individual_digits'] === true ? eachDigit : String.raw`\p{N}+`]
      case 'Split':
        return [splitPattern(step)]
      case 'ByteLevel':
        if (step['add_prefix_space'] === true) throw unsupportedTokenizer('ByteLevel with add_prefix_space')
        return step['use_regex'] === false ? [] : [gpt2]
      default:
        throw unsupportedTokenizer(`the pre-tokenizer ${String(step['type'])}`)
    }
  })
}

function flatten(json: unknown): Readonly<Record<string, unknown>>[] {
  if (typeof json !== 'object' || json === null) return []
  const step: Readonly<Record<string, unknown>> = { ...json }
  const inner = step['type'] === 'Sequence' ? step['pretokenizers'] : undefined
  return Array.isArray(inner) ? inner.flatMap(flatten) : [step]
}

function splitPattern(step: Readonly<Record<string, unknown>>): string {
  const { pattern, behavior } = step
  if (behavior !== 'Isolated') throw unsupportedTokenizer(`Split with the behaviour ${String(behavior)}`)
  if (typeof pattern === 'object' && pattern !== null) {
    if ('String' in pattern && typeof pattern.String === 'string') return escapeLiteral(pattern.String)
    if ('Regex' in pattern && typeof pattern.Regex === 'string') return toJavaScript(pattern.Regex)
  }
  throw unsupportedTokenizer('Split without a pattern')
}

/**
 * An Oniguruma pattern as JavaScript's, for what tokenizers use: white space as Unicode defines it, no needless
 * escapes (an error in Unicode mode), and `(?i:...)` around plain letters spelled out.
 */
function toJavaScript(pattern: string): string {
  const translated = pattern
    .replace(/\(\?i:([^()[\]\\]*)\)/g, (_, letters: string) => {
      const spelled = letters.replace(
        /[a-z]/gi,
        (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`,
      )
      return `(?:${spelled})`
    })
    .replace(/\\(.)/gs, (escape, character: string) => {
      if (character === 's') return space
      if (character === 'S') return String.raw`\P{White_Space}`
      return /[A-Za-z0-9^$\\.*+?()[\]{}|/-]/.test(character) ? escape : character
    })
  try {
    new RegExp(translated, 'u')
  } catch (cause) {
    throw unsupportedTokenizer(`the pattern ${pattern}`, cause)
  }
  return translated
}

export function escapeLiteral(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`)
}

/** Cuts text by the patterns; joined again, the pieces are the text. */
export function makeSplitter(patterns: readonly string[]): (text: string) => string[] {
  const expressions = patterns.map((pattern) => new RegExp(pattern, 'gu'))
  return (text) =>
    expressions.reduce((pieces, expression) => pieces.flatMap((piece) => cut(piece, expression)), [text])
}

/** The matches of a global expression and what lies between them, without empty pieces. */
export function cut(text: string, expression: RegExp): string[] {
  const pieces: string[] = []
  let reached = 0
  for (const match of text.matchAll(expression)) {
    if (match[0] === '') continue
    if (match.index > reached) pieces.push(text.slice(reached, match.index))
    pieces.push(match[0])
    reached = match.index + match[0].length
  }
  if (reached < text.length) pieces.push(text.slice(reached))
  return pieces
}

export function unsupportedTokenizer(what: string, cause?: unknown): Failure {
  return new Failure(
    'tokenizer-unsupported',
    `This model's tokenizer needs ${what}, which Veranda does not have. Pick another model.`,
    { cause },
  )
}
