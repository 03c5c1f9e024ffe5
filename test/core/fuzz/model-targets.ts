import { type ByteSource, memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { openGguf, openHuggingFaceFolder } from '../../../src-main/core/llama/llama-checkpoint.ts'
import { createTokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'
import { ggufOf } from '../checkpoint/gguf-writer.ts'
import { json, mutateJson } from './damage.ts'
import { bytesOf, headerOf, type Target } from './target.ts'

const config = bytesOf('architectures/qwen3/config.json')
const weights = bytesOf('architectures/qwen3/model.safetensors')
const gemma = {
  config: bytesOf('architectures/gemma3/config.json'),
  weights: bytesOf('architectures/gemma3/model.safetensors'),
}

/** A header with every kind of value, and two tensors. */
const smallGguf = ggufOf(
  {
    'general.architecture': { type: 'string', value: 'llama' },
    'llama.block_count': { type: 'u32', value: 2 },
    'llama.rope.freq_base': { type: 'f32', value: 10000 },
    'general.flag': { type: 'bool', value: 1 },
    'general.long': { type: 'u64', value: 2n ** 40n },
    'tokenizer.ggml.tokens': { type: 'strings', value: ['a', 'bc', ''] },
    'tokenizer.ggml.token_type': { type: 'i32s', value: [1, -1, 3] },
  },
  {
    'token_embd.weight': { type: 2, shape: [2, 32], bytes: new Uint8Array(36) },
    'output_norm.weight': { type: 0, shape: [4], bytes: new Uint8Array(16) },
  },
)
const smallGgufData = 36 + 16

const filesOf = (files: Readonly<Record<string, Uint8Array>>): Map<string, ByteSource> =>
  new Map(Object.entries(files).map(([name, bytes]) => [name, memorySource(bytes)]))
/** A whole folder of which some files are others. */
export const folderOf = (changes: Readonly<Record<string, Uint8Array>>): Map<string, ByteSource> =>
  filesOf({ 'config.json': config, 'model.safetensors': weights, ...changes })

export const modelTargets: readonly Target[] = [
  {
    name: 'GGUF headers',
    seedFile: smallGguf,
    header: smallGguf.length - smallGgufData,
    inputs: 30_000,
    open: (bytes) => readGguf(memorySource(bytes)),
  },
  {
    name: 'GGUF models',
    seedFile: bytesOf('reference/gguf-quants/tiny-llama-tied-Q4_1.gguf'),
    header: 9000,
    inputs: 5_000,
    open(bytes) {
      const { tokenizer } = openGguf(memorySource(bytes))
      if (tokenizer !== null) createTokenizer(tokenizer).encode('abc 12', { special: true })
    },
  },
  {
    name: 'safetensors of a model',
    seedFile: weights,
    header: headerOf(weights),
    inputs: 10_000,
    open: (bytes) => openHuggingFaceFolder(folderOf({ 'model.safetensors': bytes })),
  },
  {
    name: 'model.safetensors.index.json',
    seedFile: json({
      metadata: { total_size: 1 },
      weight_map: Object.fromEntries(
        [...readSafetensors(memorySource(weights)).tensors.keys()].map((name) => [name, 'shard']),
      ),
    }),
    inputs: 3_000,
    damage: (file, random) => mutateJson(file, 1, random),
    open: (bytes) =>
      openHuggingFaceFolder(
        filesOf({ 'config.json': config, 'model.safetensors.index.json': bytes, shard: weights }),
      ),
  },
  {
    name: 'config.json',
    seedFile: config,
    inputs: 15_000,
    open: (bytes) => openHuggingFaceFolder(folderOf({ 'config.json': bytes })),
  },
  {
    name: 'config.json of Gemma 3',
    seedFile: gemma.config,
    inputs: 10_000,
    damage: (file, random) => mutateJson(file, 2, random),
    open: (bytes) =>
      openHuggingFaceFolder(folderOf({ 'config.json': bytes, 'model.safetensors': gemma.weights })),
  },
  {
    name: 'generation_config.json',
    seedFile: json({ bos_token_id: 1, eos_token_id: [2, 3], pad_token_id: 2 }),
    inputs: 2_000,
    open: (bytes) => openHuggingFaceFolder(folderOf({ 'generation_config.json': bytes })),
  },
]
