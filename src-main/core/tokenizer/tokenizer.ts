/**
 * Text ↔ token ids, exactly as llama.cpp, SentencePiece and Hugging Face's tokenizers do it. Decoding the ids of a
 * text gives that text, in the form that the tokenizer brings it into, if it does that.
 */
import { bytesOfToken, textInAlphabet } from './byte-alphabet.ts'
import { joinPairs, learnedMerges, scoredMerges } from './byte-pair-encoding.ts'
import { spaceMark } from './character-tokens.ts'
import type { TokenizerDefinition } from './definition.ts'
import { type MarkedToken, markedTokenSplitter } from './marked-tokens.ts'
import { makeNormalizer } from './normalization.ts'
import { makeSplitter } from './pieces.ts'
import { byteSymbols, characterSymbols } from './symbols.ts'
import { unigramEncoder } from './unigram.ts'

export interface EncodeOptions {
  /**
   * Texts of control tokens become those tokens; otherwise they are ordinary characters, which is what anything a
   * person typed must be.
   */
  readonly special: boolean
  /** Whether the text stands at the very beginning, where some tokenizers put a space; true if absent. */
  readonly first?: boolean
}

export interface Tokenizer {
  /** Adds no begin-of-text token. */
  encode(text: string, options: EncodeOptions): number[]
  /** The text in the form that `encode` brings it into: as long as its tokens' bytes, unless one is unknown. */
  normalize(text: string, first?: boolean): string
  /** The text cut at control and user-defined tokens, which are given as ids. */
  splitSpecial(text: string): readonly (string | number)[]
  /** Control tokens show as their text; bytes that are not UTF-8 as U+FFFD. */
  decode(ids: readonly number[]): string
  /** The bytes of a token, for streaming: a character may be spread over several tokens. Don't write to them. */
  tokenBytes(id: number): Uint8Array
  /** Whether decoding leaves out the space that a text begins with, which the tokenizer itself has put there. */
  readonly dropsFirstSpace: boolean
  /** One token as a person would read it; half a character shows as U+FFFD. */
  tokenText(id: number): string
  /** The token of characters that have none; null where there can't be any. */
  readonly unknownId: number | null
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
const space = 0x20

export function createTokenizer(definition: TokenizerDefinition): Tokenizer {
  const { tokens, controlIds, userDefinedIds, matching = {} } = definition
  const normalizeText = makeNormalizer([definition.normalization ?? []].flat())
  const splitPieces = makeSplitter(definition.preTokenizer)
  const encodePiece = remembering(pieceEncoder(definition))
  const tokenBytes = bytesByToken(definition, (id) => {
    const text = tokens[id] ?? ''
    return matching[id]?.normalized === true ? normalizeText(text, true) : text
  })
  const dropsFirstSpace = definition.characters?.dropsFirstSpace ?? false

  const markedTokens = (ids: readonly number[]): MarkedToken[] =>
    ids.map((id) => ({ id, text: tokens[id] ?? '', matching: matching[id] ?? {} }))
  const userDefined = markedTokens(userDefinedIds)
  const marked = [...markedTokens(controlIds), ...userDefined]
  const splitMarked = markedTokenSplitter(marked)
  const splitters = { special: twoSplitters(marked), ordinary: twoSplitters(userDefined) }

  /** Most tokens are found in the text as it is, some in its normalized form by their own. */
  function twoSplitters(all: readonly MarkedToken[]) {
    const late = all.filter((token) => token.matching.normalized === true)
    return {
      inText: markedTokenSplitter(all.filter((token) => token.matching.normalized !== true)),
      inNormalized: markedTokenSplitter(
        late.map((token) => ({ ...token, text: normalizeText(token.text, true) })),
      ),
    }
  }

  function decode(ids: readonly number[], dropSpace: boolean): string {
    const parts = ids.map(tokenBytes)
    const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
    let offset = 0
    for (const part of parts) {
      bytes.set(part, offset)
      offset += part.length
    }
    // `ignoreBOM` keeps a U+FEFF at the start of the text.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    return decoder.decode(dropSpace && bytes[0] === space ? bytes.subarray(1) : bytes)
  }

  return {
    encode(text, { special, first = true }) {
      const { inText, inNormalized } = special ? splitters.special : splitters.ordinary
      const ids: number[] = []
      for (const [index, part] of inText(text).entries()) {
        if (typeof part === 'number') {
          ids.push(part)
          continue
        }
        const atStart = first && index === 0
        for (const [place, inner] of inNormalized(normalizeText(part, atStart)).entries()) {
          if (typeof inner === 'number') ids.push(inner)
          else
            for (const piece of splitPieces(inner, atStart && place === 0))
              for (const id of encodePiece(piece)) ids.push(id)
        }
      }
      return ids
    },
    normalize(text, first = true) {
      const written = splitPieces(normalizeText(text, first), first).join('')
      return definition.characters === undefined ? written : written.replaceAll(spaceMark, ' ')
    },
    splitSpecial: splitMarked,
    decode: (ids) => decode(ids, dropsFirstSpace),
    tokenBytes,
    dropsFirstSpace,
    tokenText: (id) => decode([id], false),
    unknownId: definition.characters?.unknownId ?? null,
    specialIds: new Set(controlIds),
    bosId: definition.bosId,
    eosIds: definition.eosIds,
  }
}

function remembering(encode: (piece: string) => readonly number[]): (piece: string) => readonly number[] {
  const remembered = new Map<string, readonly number[]>()
  return (piece) => {
    const known = remembered.get(piece)
    if (known) return known
    const ids = encode(piece)
    if (piece.length <= maxRememberedLength) {
      if (remembered.size >= maxRememberedPieces) remembered.clear()
      remembered.set(piece, ids)
    }
    return ids
  }
}

/** How one piece becomes tokens. */
function pieceEncoder(definition: TokenizerDefinition): (piece: string) => readonly number[] {
  const { tokens, merges, scores, characters, ignoreMerges } = definition
  // What a person types is never a control token or a bare byte, whatever way the tokens are found.
  const hidden = new Set([...definition.controlIds, ...(characters?.byteIds ?? [])])
  const vocabulary = new Map<string, number>()
  for (const [id, token] of tokens.entries()) if (token !== '' && !hidden.has(id)) vocabulary.set(token, id)

  const symbols =
    characters === undefined ? byteSymbols(vocabulary) : characterSymbols(vocabulary, characters)
  if (scores?.use === 'unigram') return unigramEncoder(vocabulary, scores.values, symbols)
  const rules =
    scores === undefined ? learnedMerges(vocabulary, merges) : scoredMerges(tokens, vocabulary, scores.values)
  const encoder = new TextEncoder()
  const written = (piece: string): string =>
    characters === undefined ? textInAlphabet(encoder.encode(piece)) : piece
  return (piece) => {
    const whole = ignoreMerges ? vocabulary.get(written(piece)) : undefined
    return whole === undefined ? joinPairs(symbols(piece), rules) : [whole]
  }
}

function bytesByToken(
  { characters, controlIds, userDefinedIds }: TokenizerDefinition,
  textOf: (id: number) => string,
): (id: number) => Uint8Array {
  const encoder = new TextEncoder()
  if (characters === undefined) {
    const marked = new Set([...controlIds, ...userDefinedIds])
    return (id) => (marked.has(id) ? null : bytesOfToken(textOf(id))) ?? encoder.encode(textOf(id))
  }
  const byteOf = new Map(characters.byteIds?.map((id, byte) => [id, byte]))
  return (id) => {
    const byte = byteOf.get(id)
    return byte === undefined ? encoder.encode(textOf(id).replaceAll(spaceMark, ' ')) : Uint8Array.of(byte)
  }
}
