/**
 * How a tokenizer changes text before it cuts it, step by step. Source: huggingface/tokenizers `normalizers`.
 */
import { sentence } from '../../contract/sentence.ts'
import { type Charsmap, charsmapFromBase64, charsmapReplacer } from './charsmap.ts'
import { unsupportedTokenizer } from './failures.ts'
import { broken, isString, type Json, record } from './json-parts.ts'
import { toJavaScript, whiteSpace } from './oniguruma.ts'
import { escapeLiteral } from './pieces.ts'

export type NormalizationStep =
  | 'NFC'
  | 'NFD'
  | 'NFKC'
  | 'NFKD'
  | 'lowercase'
  | 'strip-accents'
  /** A regular expression in Unicode mode, and the text that its matches become. */
  | { readonly replace: string; readonly by: string }
  /** Before a text that isn't empty: the one at the beginning, or each between two tokens. */
  | { readonly prepend: string; readonly to: 'first' | 'each' }
  | { readonly charsmap: Charsmap }

/** `first`: whether the text stands at the very beginning. */
export type Normalizer = (text: string, first: boolean) => string

export function makeNormalizer(steps: readonly NormalizationStep[]): Normalizer {
  const functions = steps.map(normalizerOf)
  return (text, first) => functions.reduce((changed, change) => change(changed, first), text)
}

function normalizerOf(step: NormalizationStep): Normalizer {
  switch (step) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(step)
    case 'lowercase':
      // Character by character: a sigma at the end of a word is a sigma.
      return (text) => Array.from(text, (character) => character.toLowerCase()).join('')
    case 'strip-accents':
      return (text) => text.replace(/\p{M}/gu, '')
  }
  if ('replace' in step) {
    const expression = new RegExp(step.replace, 'gu')
    return (text) => text.replace(expression, () => step.by)
  }
  if ('prepend' in step)
    return (text, first) => (text !== '' && (first || step.to === 'each') ? step.prepend + text : text)
  const replace = charsmapReplacer(step.charsmap)
  return (text) => replace(text)
}

/** The `normalizer` of a Hugging Face tokenizer.json, with `tokenizer-unsupported` for a step that isn't known. */
export function normalizationFromJson(json: unknown): NormalizationStep[] {
  if (json === null || json === undefined) return []
  const step = record(json)
  const { type } = step
  switch (type) {
    case 'Sequence': {
      const inner = step['normalizers']
      if (!Array.isArray(inner)) throw broken(sentence`a Sequence without its normalizers`)
      return inner.flatMap(normalizationFromJson)
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return [type]
    case 'Lowercase':
      return ['lowercase']
    case 'StripAccents':
      return ['strip-accents']
    case 'Prepend':
      return [{ prepend: text(step, 'prepend'), to: 'each' }]
    case 'Replace':
      return [{ replace: patternOf(step), by: text(step, 'content') }]
    case 'Strip':
      return [
        ...(step['strip_left'] === true ? [{ replace: `^${whiteSpace}+`, by: '' }] : []),
        ...(step['strip_right'] === true ? [{ replace: `${whiteSpace}+$`, by: '' }] : []),
      ]
    case 'Precompiled':
      return [{ charsmap: charsmapFromBase64(text(step, 'precompiled_charsmap')) }]
    default:
      throw unsupportedTokenizer(sentence`the normalizer ${String(type)}`)
  }
}

/** A step's pattern as a regular expression of JavaScript's. */
export function patternOf(step: Json): string {
  const { pattern } = step
  if (typeof pattern === 'object' && pattern !== null) {
    if ('String' in pattern && isString(pattern.String)) return escapeLiteral(pattern.String)
    if ('Regex' in pattern && isString(pattern.Regex)) return toJavaScript(pattern.Regex)
  }
  throw unsupportedTokenizer(sentence`${String(step['type'])} without a pattern`)
}

function text(step: Json, key: string): string {
  const value = step[key]
  if (isString(value)) return value
  throw broken(sentence`a ${String(step['type'])} without its ${key}`)
}
