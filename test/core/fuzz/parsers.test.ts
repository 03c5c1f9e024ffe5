/** Damaged files of every kind that a person may open: each opens all the same, or is refused by a `Failure`. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import { type ByteSource, memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { openGguf, openHuggingFaceFolder } from '../../../src-main/core/llama/llama-checkpoint.ts'
import { tokenizerFromHuggingFace } from '../../../src-main/core/tokenizer/definition-from-huggingface.ts'
import { tokenizerFromSentencePiece } from '../../../src-main/core/tokenizer/definition-from-sentencepiece.ts'
import { createTokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'
import { readPeftAdapter } from '../../../src-main/core/vera/peft-adapter.ts'
import { readGgufAdapter, ggufAdapter } from '../../../src-main/core/vera/gguf-adapter.ts'
import { decodeAdapter, encodeAdapter } from '../../../src-main/core/vera/adapter-file.ts'
import { unknownOrigin } from '../../../src-main/core/vera/adapter-origin.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { ggufDataBytes, writeGguf } from '../../../src-main/core/checkpoint/gguf-writer.ts'
import { randomFrom } from './random-from.ts'
import { llamaConfig } from '../vera/llama-config.ts'
import { concat, ggufOf } from '../checkpoint/gguf-writer.ts'
import { byteCharacters } from '../../../src-main/core/tokenizer/byte-alphabet.ts'

const golden = new URL('../../golden/', import.meta.url)
const bytesOf = (path: string): Uint8Array => Uint8Array.from(readFileSync(new URL(path, golden)))

/** Numbers that parsers trip over. */
const telling = [0, 1, 0x7f, 0x80, 0xff]

/** One to four changes within the first `header` bytes: bits, bytes, runs of one byte, copies, a cut. */
function mutate(bytes: Uint8Array, header: number, random: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit)
  let damaged = Uint8Array.from(bytes)
  for (let change = 0; change <= below(4); change++) {
    const at = below(Math.min(header, damaged.length))
    switch (below(6)) {
      case 0:
        damaged[at] = (damaged[at] ?? 0) ^ (1 << below(8))
        break
      case 1:
        damaged[at] = below(256)
        break
      case 2:
        damaged.fill(telling[below(telling.length)] ?? 0, at, at + 1 + below(8))
        break
      case 3:
        damaged.copyWithin(at, below(header), below(header))
        break
      case 4:
        // Digits and brackets, for headers that are text.
        damaged[at] = '0123456789{}[]",:-eE. '.charCodeAt(below(22))
        break
      default:
        if (random() < 0.2) damaged = damaged.slice(0, at)
    }
  }
  return damaged
}

/** Values of another kind than is expected, or of its kind and out of range. */
const strange: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e9,
  1e300,
  '',
  'x',
  '(',
  [],
  [[]],
  {},
  { type: 'x' },
]

/** The value with about `changes` of its parts, at any depth, taken away or replaced. */
function mutateJson(value: unknown, changes: number, random: () => number): unknown {
  const parts = JSON.stringify(value).split(',').length
  const change = (part: unknown): unknown => {
    if (random() < changes / parts) return strange[Math.floor(random() * strange.length)]
    if (Array.isArray(part)) return part.map(change)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, change(inner)]))
  }
  return change(value)
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const decode = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))
const tokenizerJson = encode({
  added_tokens: [{ id: 256, content: '<s>', special: true }],
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Digits', individual_digits: true },
      { type: 'ByteLevel', add_prefix_space: false },
    ],
  },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries([...byteCharacters, '<s>', 'ab', 'abc'].map((token, id) => [token, id])),
    merges: ['a b', ['ab', 'c']],
  },
})
const unigramFile = decode(bytesOf('tokenizers/huggingface/unigram.json'))
const unigramJson = encode(
  typeof unigramFile === 'object' &&
    unigramFile !== null &&
    'tokenizer' in unigramFile &&
    unigramFile.tokenizer,
)
const config = bytesOf('architectures/qwen3/config.json')
const weights = bytesOf('architectures/qwen3/model.safetensors')
const gemmaConfig = bytesOf('architectures/gemma3/config.json')
const gemmaWeights = bytesOf('architectures/gemma3/model.safetensors')
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
const headerOf = (file: Uint8Array): number => 8 + new DataView(file.buffer).getUint32(0, true)

interface Target {
  readonly name: string
  readonly seedFile: Uint8Array
  /** Bytes from the start that are worth damaging. */
  readonly header: number
  readonly inputs: number
  /** How it is damaged; bytes of its header by default. */
  readonly damage?: (random: () => number) => Uint8Array
  open(bytes: Uint8Array): unknown
}

const folderOf = (changes: Readonly<Record<string, Uint8Array>>): Map<string, ByteSource> =>
  new Map(
    Object.entries({ 'config.json': config, 'model.safetensors': weights, ...changes }).map(
      ([name, bytes]) => [name, memorySource(bytes)],
    ),
  )

const gguf = bytesOf('reference/gguf-quants/tiny-llama-tied-Q4_1.gguf')
const adapter = bytesOf('reference/peft-adapters/vera_layer1_only/adapter_model.safetensors')
const adapterConfig = bytesOf('reference/peft-adapters/vera_layer1_only/adapter_config.json')
const loraConfig = bytesOf('reference/peft-adapters/lora_all_linear/adapter_config.json')
const loraAdapter = bytesOf('reference/peft-adapters/lora_all_linear/adapter_model.safetensors')

/** A small adapter as a file of our own, and as llama.cpp has it. */
const ownSettings = {
  rank: 2,
  targets: ['q_proj', 'up_proj'] as const,
  layers: [1],
  ranks: { up_proj: 1 },
  projectionKey: 7,
  dInitial: 0.1,
  dropout: 0.5,
  baseModelHash: 'ab',
  chatTemplateHash: 'cd',
  createdBy: 'veranda',
}
const ownLayout = layoutVera(llamaConfig({}), ownSettings)
const llama = { architecture: 'llama', config: llamaConfig({}) }
const ownVectors = new Float32Array(ownLayout.length).fill(0.5)
const ownAdapter = encodeAdapter(ownSettings, ownLayout, ownVectors)
const { metadata: ggufMetadata, tensors: ggufTensors } = ggufAdapter(
  { settings: ownSettings, layout: ownLayout, vectors: ownVectors, storedProjections: null },
  llama,
  { ...unknownOrigin, name: 'Pim' },
)
const ggufLora = concat([...writeGguf(ggufMetadata, ggufTensors)])

const targets: readonly Target[] = [
  {
    name: 'GGUF headers',
    seedFile: smallGguf,
    header: smallGguf.length - 52,
    inputs: 30_000,
    open: (bytes) => readGguf(memorySource(bytes)),
  },
  {
    name: 'GGUF models',
    seedFile: gguf,
    header: 9000,
    inputs: 5_000,
    open: (bytes) => openGguf(memorySource(bytes)),
  },
  {
    name: 'safetensors of an adapter',
    seedFile: adapter,
    header: headerOf(adapter),
    inputs: 30_000,
    open: (bytes) => readSafetensors(memorySource(bytes)),
  },
  {
    name: 'safetensors of a model',
    seedFile: weights,
    header: headerOf(weights),
    inputs: 10_000,
    open: (bytes) => openHuggingFaceFolder(folderOf({ 'model.safetensors': bytes })),
  },
  {
    name: 'config.json',
    seedFile: config,
    header: config.length,
    inputs: 15_000,
    open: (bytes) => openHuggingFaceFolder(folderOf({ 'config.json': bytes })),
  },
  {
    name: 'config.json of Gemma 3',
    seedFile: gemmaConfig,
    header: gemmaConfig.length,
    inputs: 10_000,
    damage: (random) => encode(mutateJson(decode(gemmaConfig), 2, random)),
    open: (bytes) =>
      openHuggingFaceFolder(folderOf({ 'config.json': bytes, 'model.safetensors': gemmaWeights })),
  },
  {
    name: 'adapter_config.json',
    seedFile: adapterConfig,
    header: adapterConfig.length,
    inputs: 10_000,
    damage: (random) => encode(mutateJson(decode(adapterConfig), 2, random)),
    open: (bytes) =>
      readPeftAdapter(new TextDecoder().decode(bytes), adapter, llamaConfig({}), () => new Float32Array(64)),
  },
  {
    name: 'adapter_config.json of LoRA',
    seedFile: loraConfig,
    header: loraConfig.length,
    inputs: 5_000,
    damage: (random) => encode(mutateJson(decode(loraConfig), 2, random)),
    open: (bytes) =>
      readPeftAdapter(
        new TextDecoder().decode(bytes),
        loraAdapter,
        llamaConfig({}),
        () => new Float32Array(64),
      ),
  },
  {
    name: 'adapter files of our own',
    seedFile: ownAdapter,
    header: headerOf(ownAdapter),
    inputs: 10_000,
    open: (bytes) => decodeAdapter(bytes, llamaConfig({})),
  },
  {
    name: 'adapters of llama.cpp',
    seedFile: ggufLora,
    header: ggufLora.length - ggufDataBytes(ggufTensors),
    inputs: 10_000,
    open: (bytes) => readGgufAdapter(memorySource(bytes), llama),
  },
  {
    name: 'tokenizer.json',
    seedFile: tokenizerJson,
    header: tokenizerJson.length,
    inputs: 15_000,
    damage: (random) => encode(mutateJson(decode(tokenizerJson), 1, random)),
    open(bytes) {
      return createTokenizer(tokenizerFromHuggingFace(decode(bytes), null, [])).encode('abc 12 \u00e9', {
        special: true,
      })
    },
  },
  {
    name: 'tokenizer.json of characters',
    seedFile: unigramJson,
    header: unigramJson.length,
    inputs: 5_000,
    damage: (random) => encode(mutateJson(decode(unigramJson), 2, random)),
    open(bytes) {
      return createTokenizer(tokenizerFromHuggingFace(decode(bytes), null, [])).encode(
        'the fi\u0301 \u{1f642}',
        {
          special: true,
        },
      )
    },
  },
  ...['llama', 'unigram'].map((kind): Target => {
    const model = bytesOf(`tokenizers/sentencepiece/${kind}.model`)
    return {
      name: `tokenizer.model (${kind})`,
      seedFile: model,
      header: model.length,
      inputs: 5_000,
      open(bytes) {
        const tokenizer = createTokenizer(tokenizerFromSentencePiece(bytes, null, []))
        return tokenizer.decode(tokenizer.encode('the fi\u0301  \u{1f642}', { special: true }))
      },
    }
  }),
]

describe('damaged files', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_124)

  test.each(targets)('$name: opened or refused, never more', { timeout: 120_000 }, (target) => {
    const random = randomFrom(seed)
    let refused = 0
    for (let input = 0; input < target.inputs; input++) {
      const damaged = target.damage?.(random) ?? mutate(target.seedFile, target.header, random)
      try {
        target.open(damaged)
      } catch (error) {
        refused++
        if (error instanceof Failure && error.code !== '') continue
        throw new Error(`FUZZ_SEED=${seed}, input ${input} of ${target.name}`, { cause: error })
      }
    }
    console.log(`${target.name}: ${refused} of ${target.inputs} refused, FUZZ_SEED=${seed}`)
    expect(refused).toBeGreaterThan(0)
  })
})
