/** A tokenizer from a Hugging Face tokenizer.json. Source: huggingface/tokenizers. */
import { Failure } from '../../contract/failure.ts'
import { endOfTurnIds } from './definition.ts'
import type { TokenizerDefinition } from './definition.ts'
import { preTokenizerFromJson, unsupportedTokenizer } from './pre-tokenizers.ts'

type Json = Readonly<Record<string, unknown>>

interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special: boolean
}

/** Ids beyond this are damage: the largest vocabularies have some 260,000 tokens. */
const maxId = 4_000_000

/**
 * @param tokenizerJson the parsed tokenizer.json
 * @param tokenizerConfig the parsed tokenizer_config.json (names the bos and eos tokens), or null
 * @param eosIds the end tokens of generation_config.json or config.json
 *
 * Fails with `tokenizer-unsupported` for another kind than byte-level BPE and with `tokenizer-broken` where the
 * file makes no sense.
 */
export function tokenizerFromHuggingFace(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  eosIds: readonly number[],
): TokenizerDefinition {
  const json = record(tokenizerJson)
  const model = record(json['model'])
  if (model['type'] !== 'BPE')
    throw unsupportedTokenizer(`the kind ${String(model['type'])} (Veranda has byte-level BPE)`)
  const normalizer = json['normalizer'] ? record(json['normalizer'])['type'] : null
  if (normalizer !== null && normalizer !== 'NFC')
    throw unsupportedTokenizer(`the normalizer ${String(normalizer)}`)
  for (const setting of ['byte_fallback', 'continuing_subword_prefix', 'end_of_word_suffix', 'dropout']) {
    if (model[setting]) throw unsupportedTokenizer(`BPE with ${setting}`)
  }
  const added = addedTokens(json['added_tokens'])
  const tokens = tokensOf(record(model['vocab']), added)
  const controlIds = added.filter(({ special }) => special).map(({ id }) => id)
  const idOf = (name: string): number | null => {
    const config = tokenizerConfig === null ? {} : record(tokenizerConfig)
    const token = config[name]
    const content = typeof token === 'string' ? token : token ? record(token)['content'] : undefined
    return added.find((entry) => entry.content === content)?.id ?? null
  }
  const declared = [idOf('eos_token'), ...eosIds].filter((id) => id !== null)
  return {
    tokens,
    merges: mergesOf(model['merges']),
    preTokenizer: preTokenizerFromJson(json['pre_tokenizer']),
    ...(normalizer === 'NFC' && { normalization: normalizer }),
    ignoreMerges: model['ignore_merges'] === true,
    controlIds,
    userDefinedIds: added.filter(({ special }) => !special).map(({ id }) => id),
    bosId: idOf('bos_token'),
    eosIds: endOfTurnIds(declared, controlIds, tokens),
  }
}

function addedTokens(value: unknown): AddedToken[] {
  if (!Array.isArray(value)) return []
  return value.map((item) => {
    const token = record(item)
    const { id, content } = token
    if (!isId(id) || typeof content !== 'string') throw broken('an added token without id or content')
    for (const setting of ['single_word', 'lstrip', 'rstrip']) {
      if (token[setting] === true) throw unsupportedTokenizer(`the token ${content} with ${setting}`)
    }
    return { id, content, special: token['special'] === true }
  })
}

function tokensOf(vocabulary: Json, added: readonly AddedToken[]): string[] {
  const entries = Object.entries(vocabulary)
  const tokens: string[] = []
  for (const [token, id] of [...entries, ...added.map(({ content, id }) => [content, id] as const)]) {
    if (!isId(id)) throw broken(`no valid id for the token ${token}`)
    while (tokens.length <= id) tokens.push('')
    tokens[id] = token
  }
  return tokens
}

/** Older files have "left right", newer ones ["left", "right"]. */
function mergesOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw broken('no merges')
  return value.map((merge) => {
    const text: unknown = Array.isArray(merge) ? merge.join(' ') : merge
    if (typeof text !== 'string') throw broken('a merge that is not text')
    return text
  })
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maxId
}

function record(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw broken('a part that is not an object')
}

function broken(what: string): Failure {
  return new Failure('tokenizer-broken', `The model folder's tokenizer.json has ${what}. Download it again.`)
}
