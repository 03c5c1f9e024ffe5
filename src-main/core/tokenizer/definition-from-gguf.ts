/** A tokenizer from the metadata of a GGUF file. Source: llama.cpp, llama-vocab.cpp and gguf-py constants.py. */
import { sentence } from '../../contract/sentence.ts'
import { readCharsmap } from './charsmap.ts'
import { endOfTurnIds } from './definition.ts'
import type { TokenizerDefinition, TokenMatching } from './definition.ts'
import { brokenTokenizer, unsupportedTokenizer } from './failures.ts'
import { isId, isString } from './json-parts.ts'
import { preTokenizerByGgufName } from './pre-tokenizers.ts'
import { pieceTypes, sentencePieceTokenizer } from './sentencepiece.ts'

type Metadata = ReadonlyMap<string, unknown>

/** Llama 3's tokenizer and Mistral's Tekken take a piece that is a token as it is; the others build it from merges. */
export const wholePieceNames = new Set(['llama-bpe', 'llama-v3', 'llama3', 'tekken'])

/**
 * @param metadata the entries of the file, `tokenizer.ggml.*` among them
 *
 * Fails with `tokenizer-unsupported` for another kind than BPE and Unigram and with `tokenizer-broken` where an
 * entry is missing or makes no sense.
 */
export function tokenizerFromGguf(metadata: Metadata): TokenizerDefinition {
  const model = metadata.get('tokenizer.ggml.model')
  const tokens = list(metadata, 'tokenizer.ggml.tokens', isString)
  const types = metadata.has('tokenizer.ggml.token_type')
    ? list(metadata, 'tokenizer.ggml.token_type', isId)
    : []
  const idOf = (key: string): number | null => {
    const id = metadata.get(`tokenizer.ggml.${key}`)
    return isId(id) && id < tokens.length ? id : null
  }
  const bosId = idOf('bos_token_id')
  const declared = ['eos_token_id', 'eot_token_id', 'eom_token_id'].map(idOf).filter((id) => id !== null)
  switch (model) {
    case 'gpt2':
      return byteLevel(metadata, { tokens, types, bosId, declared })
    case 'llama':
    case 't5': {
      const scores = list(metadata, 'tokenizer.ggml.scores', isScore)
      const charsmap = metadata.get('tokenizer.ggml.precompiled_charsmap')
      const matching = phi3Matching(metadata, tokens, types)
      return sentencePieceTokenizer({
        tokens,
        scores,
        types,
        use: model === 'llama' ? 'merges' : 'unigram',
        charsmap: charsmap === undefined ? null : readCharsmap(bytesOf(charsmap), 'longest'),
        prefixSpace:
          (metadata.get('tokenizer.ggml.add_space_prefix') ?? model === 'llama') === true ? 'each' : 'never',
        removesExtraSpaces: metadata.get('tokenizer.ggml.remove_extra_whitespaces') === true,
        ...(matching !== null && { matching }),
        bosId,
        declaredEosIds: declared,
      })
    }
    default:
      throw unsupportedTokenizer(sentence`the kind ${String(model)} (Veranda has gpt2, llama and t5)`)
  }
}

function byteLevel(
  metadata: Metadata,
  parts: {
    readonly tokens: readonly string[]
    readonly types: readonly number[]
    readonly bosId: number | null
    readonly declared: readonly number[]
  },
): TokenizerDefinition {
  const { tokens, types, bosId, declared } = parts
  const name = String(metadata.get('tokenizer.ggml.pre') ?? 'without a name')
  const ofType = (type: number): number[] => [...tokens.keys()].filter((id) => types[id] === type)
  const controlIds = ofType(pieceTypes.control)
  return {
    tokens,
    merges: list(metadata, 'tokenizer.ggml.merges', isString),
    preTokenizer: preTokenizerByGgufName(name),
    ignoreMerges: wholePieceNames.has(name),
    controlIds,
    userDefinedIds: ofType(pieceTypes.userDefined),
    bosId,
    eosIds: endOfTurnIds(declared, controlIds, tokens),
  }
}

/** Files don't say which tokens take the white space after them; llama.cpp knows it of this one model by its name. */
function phi3Matching(
  metadata: Metadata,
  tokens: readonly string[],
  types: readonly number[],
): Readonly<Record<number, TokenMatching>> | null {
  if (!/phi-?3/i.test(String(metadata.get('general.name')))) return null
  const plain = new Set(['<unk>', '<s>', '<|endoftext|>'])
  const marked = [...tokens.keys()].filter(
    (id) => types[id] === pieceTypes.control || types[id] === pieceTypes.userDefined,
  )
  return Object.fromEntries(
    marked.filter((id) => !plain.has(tokens[id] ?? '')).map((id) => [id, { stripRight: true }]),
  )
}

/** Arrays of small integers come as they are stored. */
function bytesOf(value: unknown): Uint8Array {
  const isByte = (item: unknown): item is number => isId(item) && item < 256
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value) && value.every(isByte)) return Uint8Array.from(value)
  throw brokenEntry('tokenizer.ggml.precompiled_charsmap')
}

function list<T>(metadata: Metadata, key: string, is: (value: unknown) => value is T): T[] {
  const value = metadata.get(key)
  if (Array.isArray(value) && value.every(is)) return value
  throw brokenEntry(key)
}

function brokenEntry(key: string): Error {
  return brokenTokenizer(sentence`entry ${key} is missing or damaged`)
}

function isScore(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
