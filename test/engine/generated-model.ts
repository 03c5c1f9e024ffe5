/** Hugging Face folders of random weights, of any shape and size, with a tokenizer that reads bytes. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { byteCharacters } from '../../src-main/core/tokenizer/byte-alphabet.ts'
import { configFromHuggingFace } from '../../src-main/core/llama/config-from-huggingface.ts'
import { expectedShapes } from '../../src-main/core/llama/tensor-names.ts'

export interface GeneratedShape {
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
  readonly vocab_size: number
  readonly [setting: string]: unknown
}

const special = ['<s>', '</s>']
const template =
  "{% for message in messages %}{{ message['role'] + ':' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"

export const smallShape: GeneratedShape = {
  hidden_size: 64,
  intermediate_size: 160,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 258,
}

/** The same of other architectures and rotary scalings. */
export const otherShapes = {
  'llama 3 rope': {
    ...smallShape,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 4,
      low_freq_factor: 1,
      high_freq_factor: 2,
      original_max_position_embeddings: 64,
    },
  },
  phi3: { ...smallShape, model_type: 'phi3', tie_word_embeddings: false },
  gemma: { ...smallShape, model_type: 'gemma', head_dim: 16 },
  gemma2: {
    ...smallShape,
    model_type: 'gemma2',
    head_dim: 16,
    query_pre_attn_scalar: 16,
    sliding_window: 24,
  },
  gemma3: {
    ...smallShape,
    model_type: 'gemma3_text',
    head_dim: 16,
    query_pre_attn_scalar: 16,
    sliding_window: 24,
    num_hidden_layers: 7,
    rope_scaling: { rope_type: 'linear', factor: 8 },
  },
} as const satisfies Readonly<Record<string, GeneratedShape>>

/** Writes the folder, in half precision: the matrices' weights are uniform within ±0.05, the norms' 1. */
export function writeGeneratedModel(directory: string, shape = smallShape): string {
  mkdirSync(directory, { recursive: true })
  const config = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    max_position_embeddings: 512,
    tie_word_embeddings: true,
    dtype: 'float16',
    bos_token_id: 256,
    eos_token_id: 257,
    ...shape,
  }
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(directory, name), JSON.stringify(content))
  write('config.json', config)
  write('tokenizer.json', tokenizerJson())
  write('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: special[0],
    eos_token: special[1],
    chat_template: template,
  })
  writeWeights(join(directory, 'model.safetensors'), [...expectedShapes(configFromHuggingFace(config))])
  return directory
}

function tokenizerJson(): unknown {
  const tokens = [...byteCharacters, ...special]
  return {
    version: '1.0',
    added_tokens: special.map((content) => ({ id: tokens.indexOf(content), content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [],
    },
  }
}

/** Tensor by tensor, out of one piece of random numbers. */
function writeWeights(path: string, shapes: readonly (readonly [string, readonly number[]])[]): void {
  const entries: Record<string, unknown> = {}
  let end = 0
  for (const [name, shape] of shapes) {
    const start = end
    end += 2 * elements(shape)
    entries[name] = { dtype: 'F16', shape, data_offsets: [start, end] }
  }
  const header = JSON.stringify(entries)
  const file = openSync(path, 'w')
  const random = randomHalves(2 ** 20)
  const ones = new Uint8Array(new Uint16Array(4096).fill(0x3c00).buffer)
  try {
    writeSync(file, new BigUint64Array([BigInt(header.length)]))
    writeSync(file, header)
    for (const [name, shape] of shapes) {
      const piece = name.includes('norm') ? ones : random
      for (let left = 2 * elements(shape), shift = name.length % 31; left > 0; shift = 0) {
        const part = piece.subarray(2 * shift, 2 * shift + left)
        writeSync(file, part)
        left -= part.length
      }
    }
  } finally {
    closeSync(file)
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}

/** A linear congruential generator (Numerical Recipes). */
function randomHalves(count: number): Uint8Array {
  let state = 7
  const next = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31) * 0.05
  return new Uint8Array(Float16Array.from({ length: count }, next).buffer)
}
