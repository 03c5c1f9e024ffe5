/** A tokenizer as GGUF metadata: `tokenizerFromGguf` taken back. Source: gguf-py constants.py. */
import { sentence } from '../../contract/sentence.ts'
import { spaceMark } from './character-tokens.ts'
import { charsmapBytes } from './charsmap.ts'
import type { TokenizerDefinition } from './definition.ts'
import { notPortableTokenizer } from './failures.ts'
import { addsBos, ggufNameOf } from './gguf-names.ts'
import { scoresOfMerges } from './merges-of-scores.ts'
import { pieceTextOf, pieceTypes } from './sentencepiece.ts'

/** Typed as GGUF has them. */
export type TokenizerEntry =
  | { readonly type: 'u32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] }
  | { readonly type: 'u8s'; readonly value: Uint8Array }

/** @throws Failure `tokenizer-not-portable` for what llama.cpp has no name or place for */
export function tokenizerToGguf(
  definition: TokenizerDefinition,
  chatTemplate: string | null,
): ReadonlyMap<string, TokenizerEntry> {
  const { tokens, bosId, eosIds, characters } = definition
  const [eosId, turnId] = eosIds
  const entries: Record<string, TokenizerEntry> = {
    ...(characters === undefined ? byteLevel(definition) : sentencePieces(definition)),
    // llama.cpp wants every token's text once.
    tokens: { type: 'strings', value: tokens.map((token, id) => (token === '' ? `[PAD${id}]` : token)) },
    token_type: { type: 'i32s', value: typesOf(definition) },
    add_bos_token: { type: 'bool', value: bosId !== null && addsBos(definition) },
  }
  if (bosId !== null) entries['bos_token_id'] = { type: 'u32', value: bosId }
  if (eosId !== undefined) entries['eos_token_id'] = { type: 'u32', value: eosId }
  if (turnId !== undefined) entries['eot_token_id'] = { type: 'u32', value: turnId }
  const named = new Map(Object.entries(entries).map(([key, entry]) => [`tokenizer.ggml.${key}`, entry]))
  if (chatTemplate !== null) named.set('tokenizer.chat_template', { type: 'string', value: chatTemplate })
  return named
}

function byteLevel(definition: TokenizerDefinition): Record<string, TokenizerEntry> {
  return {
    model: { type: 'string', value: 'gpt2' },
    pre: { type: 'string', value: ggufNameOf(definition) },
    merges: { type: 'strings', value: definition.merges },
  }
}

function sentencePieces(definition: TokenizerDefinition): Record<string, TokenizerEntry> {
  const { tokens, merges, scores, characters } = definition
  const unknown = characters?.unknownId ?? null
  return {
    ...(scores?.use === 'unigram'
      ? unigram(definition)
      : {
          model: { type: 'string', value: 'llama' },
          add_space_prefix: { type: 'bool', value: prependsSpace(definition) },
        }),
    pre: { type: 'string', value: 'default' },
    scores: { type: 'f32s', value: scores?.values ?? scoresOfMerges(tokens, merges) },
    ...(unknown !== null && { unknown_token_id: { type: 'u32', value: unknown } }),
  }
}

/** Source: llama.cpp `llm_tokenizer_ugm`. */
function unigram(definition: TokenizerDefinition): Record<string, TokenizerEntry> {
  const { characters, normalization, preTokenizer } = definition
  if (characters && (characters.byteIds !== null || !characters.fuseUnknown))
    throw notPortableTokenizer(sentence`what its Unigram does with unknown characters`)
  const text = preTokenizer.length === 0 ? pieceTextOf([normalization ?? []].flat()) : null
  const charsmap = text?.charsmap ?? null
  const removes = text?.removesExtraSpaces ?? false
  const prepends = text === null ? prependsSpace(definition) : text.prefixSpace !== 'never'
  // Where it takes spaces away, llama.cpp puts one before the text.
  if (charsmap?.match === 'grapheme' || (removes && !prepends))
    throw notPortableTokenizer(sentence`the way it normalizes text`)
  return {
    model: { type: 'string', value: 't5' },
    add_space_prefix: { type: 'bool', value: prepends },
    remove_extra_whitespaces: { type: 'bool', value: removes },
    ...(charsmap !== null && {
      precompiled_charsmap: { type: 'u8s', value: charsmapBytes(charsmap) },
    }),
  }
}

/** All that llama.cpp does to text of BPE is to put a space before it, or not, and to mark spaces. */
function prependsSpace({ tokens, scores, normalization, preTokenizer }: TokenizerDefinition): boolean {
  let prepends = false
  for (const step of [normalization ?? []].flat()) {
    if (typeof step === 'object' && 'prepend' in step) prepends = true
    else if (!(
      typeof step === 'object' &&
      'replace' in step &&
      step.replace === ' ' &&
      step.by === spaceMark
    ))
      throw notPortableTokenizer(sentence`the way it normalizes text`)
  }
  // Cutting at spaces changes nothing where all tokens have their mark at the beginning.
  const cuts = scores?.use !== 'unigram' || tokens.some((token) => token.includes(spaceMark, 1))
  for (const step of preTokenizer) {
    if (typeof step === 'string' || !('metaspace' in step) || (step.cut && cuts))
      throw notPortableTokenizer(sentence`the way it cuts text`)
    prepends ||= step.prepend !== 'never'
  }
  return prepends
}

function typesOf({ tokens, controlIds, userDefinedIds, characters }: TokenizerDefinition): number[] {
  const [control, userDefined] = [new Set(controlIds), new Set(userDefinedIds)]
  const bytes = new Set(characters?.byteIds)
  return tokens.map((token, id) => {
    if (id === characters?.unknownId) return pieceTypes.unknown
    if (control.has(id)) return pieceTypes.control
    if (userDefined.has(id)) return pieceTypes.userDefined
    if (bytes.has(id)) return pieceTypes.byte
    return token === '' ? pieceTypes.unused : pieceTypes.normal
  })
}
