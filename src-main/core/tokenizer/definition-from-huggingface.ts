/** A tokenizer from a Hugging Face tokenizer.json. Source: huggingface/tokenizers. */
import { sentence } from '../../contract/sentence.ts'
import { byteTokenIds, spaceMark } from './character-tokens.ts'
import { type CharacterTokens, endOfTurnIds } from './definition.ts'
import type { TokenizerDefinition, TokenMatching } from './definition.ts'
import { unsupportedTokenizer } from './failures.ts'
import { broken, isId, isString, type Json, record } from './json-parts.ts'
import { normalizationFromJson } from './normalization.ts'
import { prependOf, preTokenizerFromJson, preTokenizerParts } from './pre-tokenizers.ts'
import { namedTokens } from './named-tokens.ts'

interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special: boolean
  readonly matching: TokenMatching
}

/** Ids beyond this are damage: the largest vocabularies have some 260,000 tokens. */
const maxId = 4_000_000

/**
 * @param tokenizerJson the parsed tokenizer.json
 * @param tokenizerConfig the parsed tokenizer_config.json (names the bos and eos tokens), or null
 * @param eosIds the end tokens of generation_config.json or config.json
 *
 * Fails with `tokenizer-unsupported` for another kind than BPE and Unigram or another step than those known, and
 * with `tokenizer-broken` where the file makes no sense.
 */
export function tokenizerFromHuggingFace(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  eosIds: readonly number[],
): TokenizerDefinition {
  const json = record(tokenizerJson)
  const model = record(json['model'])
  for (const setting of ['continuing_subword_prefix', 'end_of_word_suffix', 'dropout']) {
    if (model[setting]) throw unsupportedTokenizer(sentence`BPE with ${setting}`)
  }
  const added = addedTokens(json['added_tokens'])
  const { entries, ...way } = modelOf(model)
  const tokens = tokensOf(entries, added)
  const controlIds = added.filter(({ special }) => special).map(({ id }) => id)
  const matching = added.filter((token) => Object.keys(token.matching).length > 0)
  const normalization = normalizationFromJson(json['normalizer'])
  const { bosId, declared } = namedTokens(
    tokenizerConfig === null ? {} : record(tokenizerConfig),
    (content) => added.find((token) => token.content === content)?.id,
  )
  const characters = charactersOf(json, model, tokens)
  return {
    tokens,
    ...way,
    ...(characters !== null && { characters }),
    ...(normalization.length > 0 && { normalization }),
    preTokenizer: preTokenizerFromJson(json['pre_tokenizer']),
    ignoreMerges: model['ignore_merges'] === true,
    controlIds,
    userDefinedIds: added.filter(({ special }) => !special).map(({ id }) => id),
    ...(matching.length > 0 && {
      matching: Object.fromEntries(matching.map((token) => [token.id, token.matching])),
    }),
    bosId,
    eosIds: endOfTurnIds([...declared, ...eosIds], controlIds, tokens),
  }
}

type Entries = readonly (readonly [token: string, id: unknown])[]

/** The vocabulary, and how tokens are found in a piece. */
function modelOf(model: Json): { entries: Entries } & Pick<TokenizerDefinition, 'merges' | 'scores'> {
  const { type, vocab } = model
  if (type === 'BPE') return { entries: Object.entries(record(vocab)), merges: mergesOf(model['merges']) }
  if (type !== 'Unigram')
    throw unsupportedTokenizer(sentence`the kind ${String(type)} (Veranda has BPE and Unigram)`)
  if (!Array.isArray(vocab)) throw broken(sentence`no list of tokens`)
  const entries: [string, number][] = []
  const values: number[] = []
  for (const item of vocab) {
    const [token, score]: readonly unknown[] = isList(item) ? item : []
    if (!isString(token) || typeof score !== 'number') throw broken(sentence`a token without its score`)
    values.push(score)
    entries.push([token, entries.length])
  }
  return { entries, merges: [], scores: { use: 'unigram', values } }
}

/** Null for a vocabulary in the byte alphabet. */
function charactersOf(json: Json, model: Json, tokens: readonly string[]): CharacterTokens | null {
  const steps = preTokenizerParts(json['pre_tokenizer'])
  if (steps.some((step) => step['type'] === 'ByteLevel')) {
    if (model['byte_fallback']) throw unsupportedTokenizer(sentence`BPE with byte_fallback and ByteLevel`)
    return null
  }
  const unknown = model['type'] === 'BPE' ? tokens.indexOf(String(model['unk_token'])) : model['unk_id']
  return {
    byteIds: model['byte_fallback'] === true ? byteTokenIds(tokens) : null,
    unknownId: isId(unknown) && unknown < tokens.length ? unknown : null,
    fuseUnknown: model['type'] === 'Unigram' || model['fuse_unk'] === true,
    dropsFirstSpace: dropsFirstSpace(json['decoder']),
  }
}

/** Checks that the decoder is one that turns marks into spaces and byte tokens into bytes. */
function dropsFirstSpace(json: unknown): boolean {
  const steps = decoderParts(json)
  const isMark = ({ pattern, content }: Json): boolean =>
    record(pattern)['String'] === spaceMark && content === ' '
  let marks = false
  let drops = false
  for (const step of steps) {
    const { type } = step
    if (type === 'Metaspace' && step['replacement'] === spaceMark) {
      marks = true
      drops = prependOf(step) !== 'never'
    } else if (type === 'Replace' && isMark(step)) marks = true
    else if (type === 'Strip' && step['content'] === ' ' && step['stop'] === 0) drops = step['start'] === 1
    else if (type !== 'ByteFallback' && type !== 'Fuse')
      throw unsupportedTokenizer(sentence`the decoder ${String(type)}`)
  }
  if (!marks) throw unsupportedTokenizer(sentence`a decoder that keeps the marks of spaces`)
  return drops
}

function decoderParts(json: unknown): Json[] {
  if (json === null || json === undefined) return []
  const step = record(json)
  const inner = step['type'] === 'Sequence' ? step['decoders'] : undefined
  return Array.isArray(inner) ? inner.flatMap(decoderParts) : [step]
}

function addedTokens(value: unknown): AddedToken[] {
  if (!Array.isArray(value)) return []
  return value.map((item) => {
    const token = record(item)
    const { id, content } = token
    if (!isTokenId(id) || !isString(content)) throw broken(sentence`an added token without id or content`)
    const matching: TokenMatching = {
      ...(token['lstrip'] === true && { stripLeft: true }),
      ...(token['rstrip'] === true && { stripRight: true }),
      ...(token['single_word'] === true && { singleWord: true }),
      ...(token['normalized'] === true && { normalized: true }),
    }
    return { id, content, special: token['special'] === true, matching }
  })
}

function tokensOf(vocabulary: Entries, added: readonly AddedToken[]): string[] {
  const tokens: string[] = []
  for (const [token, id] of [...vocabulary, ...added.map(({ content, id }) => [content, id] as const)]) {
    if (!isTokenId(id)) throw broken(sentence`no valid id for the token ${token}`)
    while (tokens.length <= id) tokens.push('')
    tokens[id] = token
  }
  return tokens
}

/** Older files have "left right", newer ones ["left", "right"]. */
function mergesOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw broken(sentence`no merges`)
  return value.map((merge) => {
    const text: unknown = Array.isArray(merge) ? merge.join(' ') : merge
    if (!isString(text)) throw broken(sentence`a merge that is not text`)
    return text
  })
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isTokenId(value: unknown): value is number {
  return isId(value) && value <= maxId
}
