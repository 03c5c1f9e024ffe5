/** A tokenizer from a tokenizer.model. Source: google/sentencepiece sentencepiece_model.proto. */
import { sentence } from '../../contract/sentence.ts'
import { readCharsmap } from './charsmap.ts'
import type { TokenizerDefinition } from './definition.ts'
import { brokenTokenizer, unsupportedTokenizer } from './failures.ts'
import { type Json, record } from './json-parts.ts'
import { namedTokens } from './named-tokens.ts'
import { type ProtobufField, protobufFields } from './protobuf-reader.ts'
import { pieceTypes, sentencePieceTokenizer } from './sentencepiece.ts'

const modelFields = { pieces: 1, trainer: 2, normalizer: 3 } as const
const pieceFields = { text: 1, score: 2, type: 3 } as const
const trainerFields = { modelType: 3, spaceAsSuffix: 24, bosId: 41, eosId: 42 } as const
const normalizerFields = { charsmap: 2, addsDummyPrefix: 3, removesExtraSpaces: 4, escapesSpaces: 5 } as const
const modelTypes: Readonly<Record<number, 'unigram' | 'merges'>> = { 1: 'unigram', 2: 'merges' }

/**
 * @param bytes the file
 * @param tokenizerConfig the parsed tokenizer_config.json (names the bos and eos tokens), or null
 * @param eosIds the end tokens of generation_config.json or config.json
 *
 * Fails with `tokenizer-broken` where the file makes no sense and with `tokenizer-unsupported` for another model
 * than BPE and Unigram.
 */
export function tokenizerFromSentencePiece(
  bytes: Uint8Array,
  tokenizerConfig: unknown,
  eosIds: readonly number[],
): TokenizerDefinition {
  const tokens: string[] = []
  const scores: number[] = []
  const types: number[] = []
  let trainer: ReadonlyMap<number, ProtobufField> = new Map()
  let normalizer = trainer
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for (const { field, bytes: part } of protobufFields(bytes)) {
    if (field === modelFields.trainer) trainer = fieldsOf(part)
    else if (field === modelFields.normalizer) normalizer = fieldsOf(part)
    else if (field === modelFields.pieces) {
      const piece = fieldsOf(part)
      tokens.push(decoder.decode(piece.get(pieceFields.text)?.bytes ?? new Uint8Array(0)))
      scores.push(piece.get(pieceFields.score)?.number ?? 0)
      types.push(piece.get(pieceFields.type)?.number ?? pieceTypes.normal)
    }
  }
  if (tokens.length === 0 || !scores.every(Number.isFinite))
    throw brokenTokenizer(sentence`tokenizer.model is damaged: it has no tokens or none with scores`)
  const flag = (field: number): boolean => (normalizer.get(field)?.number ?? 1) !== 0
  const use = modelTypes[trainer.get(trainerFields.modelType)?.number ?? 1]
  if (use === undefined) throw unsupportedTokenizer(sentence`a SentencePiece model of words or characters`)
  if (trainer.get(trainerFields.spaceAsSuffix)?.number === 1 || !flag(normalizerFields.escapesSpaces))
    throw unsupportedTokenizer(sentence`a SentencePiece model with spaces at the end of words, or unmarked`)
  const charsmap = normalizer.get(normalizerFields.charsmap)?.bytes
  const config: Json = tokenizerConfig === null ? {} : record(tokenizerConfig)
  const { bosId, declared } = namedTokens(config, (content) => {
    const id = tokens.indexOf(content)
    return id === -1 ? undefined : id
  })
  /** As the file itself says; absent ones have these numbers, -1 is none. */
  const own = (field: number, absent: number): number | null => {
    const id = trainer.get(field)?.number ?? absent
    return id < tokens.length && types[id] === pieceTypes.control ? id : null
  }
  const ownEos = own(trainerFields.eosId, 2)
  return sentencePieceTokenizer({
    tokens,
    scores,
    types,
    use,
    charsmap: charsmap === undefined || charsmap.length === 0 ? null : readCharsmap(charsmap, 'longest'),
    prefixSpace: !flag(normalizerFields.addsDummyPrefix)
      ? 'never'
      : config['legacy'] === false
        ? 'first'
        : 'each',
    removesExtraSpaces: flag(normalizerFields.removesExtraSpaces),
    bosId: bosId ?? own(trainerFields.bosId, 1),
    declaredEosIds: [...declared, ...eosIds, ...(ownEos === null ? [] : [ownEos])],
  })
}

/** The last of each field counts. */
function fieldsOf(message: Uint8Array): ReadonlyMap<number, ProtobufField> {
  return new Map([...protobufFields(message)].map((field) => [field.field, field]))
}
