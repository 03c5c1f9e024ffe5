/**
 * Byte-level BPE: text ↔ token ids, exactly as llama.cpp and Hugging Face's tokenizers do it. Decoding the
 * ids of a text gives that text, in the Unicode form that the tokenizer brings it into, if it does that.
 */
import { bytesOfToken, textInAlphabet } from './byte-alphabet.ts'
import { bytePairEncoder } from './byte-pair-encoding.ts'
import type { TokenizerDefinition } from './definition.ts'
import { cut, escapeLiteral, makeSplitter } from './pre-tokenizers.ts'

export interface Tokenizer {
  /**
   * Adds no begin-of-text token.
   * `special`: texts of control tokens become those tokens; otherwise they are ordinary characters, which is
   * what anything a person typed must be.
   */
  encode(text: string, options: { readonly special: boolean }): number[]
  /** The text in the form that `encode` brings it into: as long as its tokens' bytes. */
  normalize(text: string): string
  /** The text cut at control and user-defined tokens, which are given as ids. */
  splitSpecial(text: string): readonly (string | number)[]
  /** Control tokens show as their text; bytes that are not UTF-8 as U+FFFD. */
  decode(ids: readonly number[]): string
  /** The bytes of a token, for streaming: a character may be spread over several tokens. Don't write to them. */
  tokenBytes(id: number): Uint8Array
  /** One token as a person would read it; half a character shows as U+FFFD. */
  tokenText(id: number): string
  /** The control tokens. */
  readonly specialIds: ReadonlySet<number>
  readonly bosId: number | null
  /** The tokens that end a turn or a text; the one the model declares comes first. */
  readonly eosIds: readonly number[]
}

/** Words recur: remembering their ids is most of the speed. Emptied when full. */
const maxRememberedPieces = 20_000
/** Longer pieces hardly recur. */
const maxRememberedLength = 64

export function createTokenizer(definition: TokenizerDefinition): Tokenizer {
  const { tokens, controlIds, userDefinedIds } = definition
  const idsByText = (ids: readonly number[]): Map<string, number> =>
    new Map(ids.map((id) => [tokens[id] ?? '', id]))
  const userDefined = idsByText(userDefinedIds)
  const marked = idsByText([...controlIds, ...userDefinedIds])
  const isMarked = (id: number): boolean => marked.get(tokens[id] ?? '') === id
  const vocabulary = new Map<string, number>()
  for (const [id, token] of tokens.entries()) {
    if (token !== '' && !isMarked(id)) vocabulary.set(token, id)
  }
  const encodeBytes = bytePairEncoder(vocabulary, definition.merges)
  const splitPieces = makeSplitter(definition.preTokenizer)
  const splitMarked = makeTokenSplitter(marked)
  const splitUserDefined = makeTokenSplitter(userDefined)
  const normalize = (text: string): string =>
    definition.normalization === undefined ? text : text.normalize(definition.normalization)
  const encoder = new TextEncoder()
  const remembered = new Map<string, readonly number[]>()

  function encodePiece(piece: string): readonly number[] {
    const known = remembered.get(piece)
    if (known) return known
    const bytes = encoder.encode(piece)
    const whole = definition.ignoreMerges ? vocabulary.get(textInAlphabet(bytes)) : undefined
    const ids = whole === undefined ? encodeBytes(bytes) : [whole]
    if (piece.length <= maxRememberedLength) {
      if (remembered.size >= maxRememberedPieces) remembered.clear()
      remembered.set(piece, ids)
    }
    return ids
  }

  function tokenBytes(id: number): Uint8Array {
    const token = tokens[id] ?? ''
    return (isMarked(id) ? null : bytesOfToken(token)) ?? encoder.encode(token)
  }

  function decode(ids: readonly number[]): string {
    const parts = ids.map(tokenBytes)
    const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
    let offset = 0
    for (const part of parts) {
      bytes.set(part, offset)
      offset += part.length
    }
    // `ignoreBOM` keeps a U+FEFF at the start of the text.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  }

  return {
    encode(text, { special }) {
      const ids: number[] = []
      for (const part of special ? splitMarked(text) : splitUserDefined(text)) {
        if (typeof part === 'number') ids.push(part)
        else
          for (const piece of splitPieces(normalize(part))) for (const id of encodePiece(piece)) ids.push(id)
      }
      return ids
    },
    normalize,
    splitSpecial: splitMarked,
    decode,
    tokenBytes,
    tokenText: (id) => decode([id]),
    specialIds: new Set(controlIds),
    bosId: definition.bosId,
    eosIds: definition.eosIds,
  }
}

/** Cuts text at the given tokens, the longest where several start at one place. */
function makeTokenSplitter(ids: ReadonlyMap<string, number>): (text: string) => (string | number)[] {
  const texts = [...ids.keys()].filter((text) => text !== '').sort((a, b) => b.length - a.length)
  if (texts.length === 0) return (text) => (text === '' ? [] : [text])
  const expression = new RegExp(texts.map(escapeLiteral).join('|'), 'gu')
  return (text) => cut(text, expression).map((part) => ids.get(part) ?? part)
}
