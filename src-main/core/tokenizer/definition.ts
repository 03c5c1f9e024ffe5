import type { NormalizationStep } from './normalization.ts'
import type { PreTokenizerStep } from './pieces.ts'

/**
 * What a tokenizer is, as plain data: kept as tokenizer.json in a model folder. What is absent is as byte-level BPE
 * has it.
 */
export interface TokenizerDefinition {
  /** Token texts by id: in the byte alphabet, or with `▁` for spaces; byte-level control tokens as they read. */
  readonly tokens: readonly string[]
  /** "left right", the first learned first; empty where scores decide. */
  readonly merges: readonly string[]
  /** Tokens are joined by their scores, the highest first, or chosen so that their log probabilities sum highest. */
  readonly scores?: { readonly use: 'merges' | 'unigram'; readonly values: readonly number[] }
  /** Tokens are written in Unicode characters (SentencePiece); absent: in GPT-2's alphabet of bytes. */
  readonly characters?: CharacterTokens
  /** How text is changed before it is cut: decoding gives the text in that form. */
  readonly normalization?: NormalizationStep | readonly NormalizationStep[]
  /** How text is cut into pieces, one step after the other. */
  readonly preTokenizer: readonly PreTokenizerStep[]
  /** A piece that is a token as a whole is not built from merges (Llama 3). */
  readonly ignoreMerges: boolean
  /** Tokens that steer the model (`<|im_end|>`); in text that a person typed they are ordinary characters. */
  readonly controlIds: readonly number[]
  /** Tokens that are always one token, wherever their text stands. */
  readonly userDefinedIds: readonly number[]
  /** By the id of a control or user-defined token, where it isn't just its text. */
  readonly matching?: Readonly<Record<number, TokenMatching>>
  readonly bosId: number | null
  /** The tokens that end a turn or a text; the one the model declares comes first. */
  readonly eosIds: readonly number[]
}

export interface CharacterTokens {
  /** The tokens of the 256 bytes, for characters that have no token of their own; null: those are unknown. */
  readonly byteIds: readonly number[] | null
  readonly unknownId: number | null
  /** Whether unknown characters side by side are one token. */
  readonly fuseUnknown: boolean
  /** The space a text begins with was put there by the normalization: decoding leaves it out. */
  readonly dropsFirstSpace: boolean
}

/** How a token's text is found. Source: huggingface/tokenizers `AddedToken`. */
export interface TokenMatching {
  /** Takes white space before it, after it. */
  readonly stripLeft?: boolean
  readonly stripRight?: boolean
  /** Only between characters that are no word's. */
  readonly singleWord?: boolean
  /** In the normalized text, by its own normalized text. */
  readonly normalized?: boolean
}

/** Control tokens that end a turn in some model family; a file names at most one or two of its own. */
const endOfTurnTokens = new Set([
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '<|end|>',
  '<end_of_turn>',
  '</s>',
])

/** The declared end tokens first, then those control tokens that are known to end a turn, each once. */
export function endOfTurnIds(
  declared: readonly number[],
  controlIds: readonly number[],
  tokens: readonly string[],
): number[] {
  const known = controlIds.filter((id) => endOfTurnTokens.has(tokens[id] ?? ''))
  return [...new Set([...declared.filter((id) => id < tokens.length), ...known])]
}
