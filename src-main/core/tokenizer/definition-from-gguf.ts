/** A tokenizer from the metadata of a GGUF file. Source: llama.cpp, llama-vocab.cpp and gguf-py constants.py. */
import { Failure } from '../../contract/failure.ts'
import { endOfTurnIds } from './definition.ts'
import type { TokenizerDefinition } from './definition.ts'
import { preTokenizerByGgufName, unsupportedTokenizer } from './pre-tokenizers.ts'

const controlType = 3
const userDefinedType = 4

/** Llama 3's tokenizer and Mistral's Tekken take a piece that is a token as it is; the others build it from merges. */
const wholePieceNames = new Set(['llama-bpe', 'llama-v3', 'llama3', 'tekken'])

/**
 * @param metadata the entries of the file, `tokenizer.ggml.*` among them
 *
 * Fails with `tokenizer-unsupported` for another kind than byte-level BPE and with `tokenizer-broken` where an
 * entry is missing or makes no sense.
 */
export function tokenizerFromGguf(metadata: ReadonlyMap<string, unknown>): TokenizerDefinition {
  const model = metadata.get('tokenizer.ggml.model')
  if (model !== 'gpt2')
    throw unsupportedTokenizer(`the kind ${String(model)} (Veranda has byte-level BPE, gpt2)`)
  const name = String(metadata.get('tokenizer.ggml.pre') ?? 'without a name')
  const tokens = list(metadata, 'tokenizer.ggml.tokens', isString)
  const merges = list(metadata, 'tokenizer.ggml.merges', isString)
  const types = metadata.has('tokenizer.ggml.token_type')
    ? list(metadata, 'tokenizer.ggml.token_type', isId)
    : []
  const ofType = (type: number): number[] => [...tokens.keys()].filter((id) => types[id] === type)
  const idOf = (key: string): number | null => {
    const id = metadata.get(`tokenizer.ggml.${key}`)
    return isId(id) && id < tokens.length ? id : null
  }
  const controlIds = ofType(controlType)
  const declared = ['eos_token_id', 'eot_token_id', 'eom_token_id'].map(idOf).filter((id) => id !== null)
  return {
    tokens,
    merges,
    preTokenizer: preTokenizerByGgufName(name),
    ignoreMerges: wholePieceNames.has(name),
    controlIds,
    userDefinedIds: ofType(userDefinedType),
    bosId: idOf('bos_token_id'),
    eosIds: endOfTurnIds(declared, controlIds, tokens),
  }
}

function list<T>(
  metadata: ReadonlyMap<string, unknown>,
  key: string,
  is: (value: unknown) => value is T,
): T[] {
  const value = metadata.get(key)
  if (Array.isArray(value) && value.every(is)) return value
  throw new Failure(
    'tokenizer-broken',
    `The model file's entry ${key} is missing or damaged. Download it again.`,
  )
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
