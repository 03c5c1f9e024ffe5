/**
 * A SentencePiece tokenizer: pieces with scores and types, as a tokenizer.model and a GGUF file have them.
 * Sources: google/sentencepiece sentencepiece_model.proto, normalizer.cc; llama.cpp llama-vocab.cpp
 * (`llm_tokenizer_spm`, `llm_tokenizer_ugm`).
 */
import { byteTokenIds, spaceMark } from './character-tokens.ts'
import type { Charsmap } from './charsmap.ts'
import { endOfTurnIds, type TokenizerDefinition, type TokenMatching } from './definition.ts'
import type { NormalizationStep } from './normalization.ts'

/** The types of pieces. */
export const pieceTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** How text is changed before it is cut into pieces. */
export interface PieceText {
  readonly charsmap: Charsmap | null
  /** Where a space is put that wasn't there: before the text, before each between two tokens, or nowhere. */
  readonly prefixSpace: 'first' | 'each' | 'never'
  /** Spaces at both ends go, and of several side by side one stays. */
  readonly removesExtraSpaces: boolean
}

export interface SentencePieces extends PieceText {
  readonly tokens: readonly string[]
  readonly scores: readonly number[]
  /** By id, of `pieceTypes`. */
  readonly types: readonly number[]
  readonly use: 'merges' | 'unigram'
  readonly matching?: Readonly<Record<number, TokenMatching>>
  readonly bosId: number | null
  readonly declaredEosIds: readonly number[]
}

export function sentencePieceTokenizer(pieces: SentencePieces): TokenizerDefinition {
  const { scores, types, use, charsmap, prefixSpace, removesExtraSpaces, matching } = pieces
  // Unused pieces are not found in text; blank tokens never are.
  const tokens = pieces.tokens.map((token, id) => (types[id] === pieceTypes.unused ? '' : token))
  const ofType = (...wanted: readonly number[]): number[] =>
    [...tokens.keys()].filter((id) => wanted.includes(types[id] ?? pieceTypes.normal))
  const controlIds = ofType(pieceTypes.unknown, pieceTypes.control)
  return {
    tokens,
    merges: [],
    scores: { use, values: scores },
    characters: {
      byteIds: byteTokenIds(tokens),
      unknownId: ofType(pieceTypes.unknown)[0] ?? null,
      fuseUnknown: true,
      dropsFirstSpace: prefixSpace !== 'never',
    },
    normalization: pieceNormalization({ charsmap, prefixSpace, removesExtraSpaces }),
    preTokenizer: [],
    ignoreMerges: false,
    controlIds,
    userDefinedIds: ofType(pieceTypes.userDefined),
    ...(matching !== undefined && { matching }),
    bosId: pieces.bosId,
    eosIds: endOfTurnIds(pieces.declaredEosIds, controlIds, tokens),
  }
}

function pieceNormalization({ charsmap, prefixSpace, removesExtraSpaces }: PieceText): NormalizationStep[] {
  return [
    ...(charsmap === null ? [] : [{ charsmap }]),
    // At the end, marks that stood in the text are taken for spaces.
    ...(removesExtraSpaces
      ? [
          { replace: `^ +|[ ${spaceMark}]+$`, by: '' },
          { replace: ' +', by: ' ' },
        ]
      : []),
    ...(prefixSpace === 'never' ? [] : [{ prepend: ' ', to: prefixSpace }]),
    { replace: ' ', by: spaceMark },
  ]
}

/** `pieceNormalization` taken back; null for steps that it never gives. */
export function pieceTextOf(steps: readonly NormalizationStep[]): PieceText | null {
  const [first] = steps
  const charsmap = typeof first === 'object' && 'charsmap' in first ? first.charsmap : null
  for (const removesExtraSpaces of [false, true]) {
    for (const prefixSpace of ['first', 'each', 'never'] as const) {
      const text = { charsmap, removesExtraSpaces, prefixSpace }
      if (JSON.stringify(pieceNormalization(text)) === JSON.stringify(steps)) return text
    }
  }
  return null
}
