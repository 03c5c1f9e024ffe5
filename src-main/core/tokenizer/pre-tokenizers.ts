/** The pre-tokenizers that models have, by their names in GGUF files and as a tokenizer.json describes them. */
import { sentence } from '../../contract/sentence.ts'
import { unsupportedTokenizer } from './failures.ts'
import { broken, isString, type Json, record } from './json-parts.ts'
import { patternOf } from './normalization.ts'
import { whiteSpace } from './oniguruma.ts'
import type { PreTokenizerStep, SplitBehavior } from './pieces.ts'

const space = whiteSpace
/** ASCII's as well, some of which are symbols to Unicode. */
const punctuation = String.raw`[!-\/:-@\[-\x60\{-~\p{P}]`

const eachDigit = String.raw`\p{N}`
const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^${space}\p{L}\p{N}]+|${space}+(?!\P{White_Space})|${space}+`
const llama3 = String.raw`'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^${space}\p{L}\p{N}]+[\r\n]*|${space}*[\r\n]+|${space}+(?!\P{White_Space})|${space}+`

const qwen2 = llama3.replace(String.raw`\p{N}{1,3}`, String.raw`\p{N}`)
const upper = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`
const lower = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`
const tekken = String.raw`[^\r\n\p{L}\p{N}]?[${upper}]*[${lower}]+|[^\r\n\p{L}\p{N}]?[${upper}]+[${lower}]*|\p{N}| ?[^${space}\p{L}\p{N}]+[\r\n/]*|${space}*[\r\n]+|${space}+(?!\P{White_Space})|${space}+`

/** By the name in `tokenizer.ggml.pre`. Source: llama.cpp, llama-vocab.cpp (`llm_tokenizer_bpe`). */
export const preTokenizersByGgufName: Readonly<Record<string, readonly string[]>> = {
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
  if (Object.hasOwn(preTokenizersByGgufName, name)) return preTokenizersByGgufName[name] ?? []
  throw unsupportedTokenizer(sentence`the pre-tokenizer ${name}`)
}

/** The `pre_tokenizer` of a Hugging Face tokenizer.json, with `tokenizer-unsupported` for a step that isn't known. */
export function preTokenizerFromJson(json: unknown): readonly PreTokenizerStep[] {
  return preTokenizerParts(json).flatMap((step): PreTokenizerStep[] => {
    switch (step['type']) {
      case 'Digits':
        return [step['individual_digits'] === true ? eachDigit : String.raw`\p{N}+`]
      case 'Split':
        return [splitOf(step, patternOf(step), 'Isolated')]
      case 'Punctuation':
        return [splitOf(step, punctuation, 'Isolated')]
      case 'WhitespaceSplit':
        return [splitOf(step, whiteSpace, 'Removed')]
      case 'Metaspace':
        return [metaspaceOf(step)]
      case 'ByteLevel': {
        const spaced = { metaspace: ' ', prepend: 'each', cut: false } as const
        return [
          ...(step['add_prefix_space'] === true ? [spaced] : []),
          ...(step['use_regex'] === false ? [] : [gpt2]),
        ]
      }
      default:
        throw unsupportedTokenizer(sentence`the pre-tokenizer ${String(step['type'])}`)
    }
  })
}

/** The steps of a sequence, of sequences in it as well. */
export function preTokenizerParts(json: unknown): Json[] {
  if (json === null || json === undefined) return []
  const step = record(json)
  const inner = step['type'] === 'Sequence' ? step['pretokenizers'] : undefined
  return Array.isArray(inner) ? inner.flatMap(preTokenizerParts) : [step]
}

const behaviors: Readonly<Record<string, SplitBehavior>> = {
  Isolated: 'isolated',
  Removed: 'removed',
  MergedWithPrevious: 'merged-with-previous',
  MergedWithNext: 'merged-with-next',
  Contiguous: 'contiguous',
}

function splitOf(step: Json, pattern: string, absent: string): PreTokenizerStep {
  const name = String(step['behavior'] ?? absent)
  const behavior = Object.hasOwn(behaviors, name) ? behaviors[name] : undefined
  if (behavior === undefined) throw unsupportedTokenizer(sentence`Split with the behaviour ${name}`)
  const invert = step['invert'] === true
  return behavior === 'isolated' && !invert ? pattern : { split: pattern, behavior, invert }
}

function metaspaceOf(step: Json): PreTokenizerStep {
  const { replacement, split } = step
  if (!isString(replacement) || replacement === '')
    throw broken(sentence`a Metaspace without its replacement`)
  return { metaspace: replacement, prepend: prependOf(step), cut: split !== false }
}

/** Where a Metaspace puts a space that wasn't there; older files say `add_prefix_space`. */
export function prependOf(step: Json): 'first' | 'each' | 'never' {
  const scheme = step['prepend_scheme'] ?? (step['add_prefix_space'] === false ? 'never' : 'always')
  if (scheme === 'always') return 'each'
  if (scheme === 'first' || scheme === 'never') return scheme
  throw unsupportedTokenizer(sentence`Metaspace with the scheme ${String(scheme)}`)
}
