import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { dequantize } from '../../../src-main/core/checkpoint/weight-formats.ts'
import { LINEAR_KINDS } from '../../../src-main/core/llama/linear-kinds.ts'
import { openGguf, openHuggingFaceFolder } from '../../../src-main/core/llama/llama-checkpoint.ts'
import type { LlamaCheckpoint } from '../../../src-main/core/llama/llama-checkpoint.ts'
import type { Batch } from '../../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projectionsOf } from '../../../src-main/core/vera/projections.ts'
import { decoderLogits } from '../../reference/decoder-logits.ts'
import { Tensors } from '../../reference/fixtures.ts'
import { withImported } from '../../reference/imported-model.ts'
import { fileSource } from '../checkpoint/file-source.ts'
import { ggufOf } from '../checkpoint/gguf-writer.ts'
import type { GgufEntry, GgufTensorData } from '../checkpoint/gguf-writer.ts'
import { largestDifference } from '../reference-data.ts'
import { equalWeights } from '../training/equal-weights.ts'

const golden = new URL('../../golden/architectures/', import.meta.url).pathname
const names = readdirSync(golden, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
const expected = new Tensors(join(golden, 'expected.safetensors'))
const ids = Int32Array.from(expected.integers('ids'))
const batch: Batch = {
  rows: 1,
  ids,
  positions: ids.map((_, place) => place),
  segments: new Int32Array(ids.length),
  labels: ids.map((_, place) => ids[place + 1] ?? -1),
  spans: [],
}

describe.each(names)('%s', (name) => {
  test('gives the logits and the loss of transformers, by the decoder and by the layer graphs', () =>
    withImported(join(golden, name), async (model, runtime) => {
      const logits = await decoderLogits(model, batch)
      expect(largestDifference(logits, expected.floats(`${name}/logits`))).toBeLessThan(1e-4)
      const pass = await TrainingPass.open(runtime, model.weights)
      const loss = (await pass.loss(batch, null)) / (ids.length - 1)
      expect(loss).toBeCloseTo(expected.floats(`${name}/loss`)[0] ?? NaN, 5)
      await pass.close()
    }))
})

test.each(names.filter((name) => expected.has(`${name}/gradient`)))(
  "%s: the gradient of a VeRA adapter is PyTorch's",
  (name) =>
    withImported(join(golden, name), async (model, runtime) => {
      const { config } = model.weights.model
      const layers = Array.from({ length: config.layerCount }, (_, layer) => layer)
      const layout = layoutVera(config, { rank: 2, targets: LINEAR_KINDS, layers })
      const wave = (length: number, step: number): Float32Array =>
        Float32Array.from({ length }, (_, index) => Math.sin(index * step + 1))
      const width = Math.max(config.intermediateSize, config.headCount * config.headDim)
      const projections = projectionsOf(2, wave(2 * width, 0.7), wave(2 * width, 1.3))
      const vectors = wave(layout.length, 0.9).map((value) => value * 0.2)
      const pass = await TrainingPass.open(runtime, model.weights)
      const gradient = new Float32Array(layout.length)
      await pass.addGradient(batch, liveAdapter(layout, vectors, projections), equalWeights(1), gradient)
      const golden = expected.floats(`${name}/gradient`)
      const largest = golden.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect(largestDifference(gradient, golden)).toBeLessThan(2e-5 * largest)
      await pass.close()
    }),
)

test('a model that caps its logits learns its own answers like others', () =>
  withImported(join(golden, 'gemma2'), async (model, runtime) => {
    const pass = await TrainingPass.open(runtime, model.weights)
    const before = await pass.loss(batch, null)
    await pass.followBase(batch)
    expect(await pass.loss(batch, null)).toBe(before)
    await pass.close()
  }))

/** The folder's model as llama.cpp's converter would write it. */
function asGguf(name: string, architecture: string, metadata: Record<string, GgufEntry>): LlamaCheckpoint {
  const model = openFolder(name)
  const { config } = model
  const modules: [string, string][] = [
    ['input_layernorm', 'attn_norm'],
    ['pre_feedforward_layernorm', 'ffn_norm'],
    ['post_feedforward_layernorm', 'post_ffw_norm'],
    ['post_attention_layernorm', config.outputNorms ? 'post_attention_norm' : 'ffn_norm'],
    ['self_attn.q_norm', 'attn_q_norm'],
    ['self_attn.k_norm', 'attn_k_norm'],
    ['self_attn.q_proj', 'attn_q'],
    ['self_attn.k_proj', 'attn_k'],
    ['self_attn.v_proj', 'attn_v'],
    ['self_attn.o_proj', 'attn_output'],
    ['mlp.gate_proj', 'ffn_gate'],
    ['mlp.up_proj', 'ffn_up'],
    ['mlp.down_proj', 'ffn_down'],
    ['model.embed_tokens', 'token_embd'],
    ['model.norm', 'output_norm'],
    ['lm_head', 'output'],
  ]
  const tensors: Record<string, GgufTensorData> = {}
  for (const tensor of model.tensors.values()) {
    const path = tensor.name.replace('model.layers.', 'blk.')
    const [from, to] = modules.find(([module]) => tensor.name.includes(`${module}.`)) ?? ['', '']
    const type = tensor.format === 'F32' ? 0 : 30
    tensors[path.replace(from, to)] = { type, shape: tensor.shape, bytes: tensor.read() }
  }
  if (architecture === 'phi3') {
    const fuse = (into: string, parts: string[]): void => {
      const pieces = parts.flatMap((part) => tensors[part] ?? [])
      for (const part of parts) delete tensors[part]
      tensors[into] = {
        type: 30,
        shape: [pieces.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0), config.hiddenSize],
        bytes: Uint8Array.from(pieces.flatMap(({ bytes }) => [...bytes])),
      }
    }
    for (let layer = 0; layer < config.layerCount; layer++) {
      const of = (module: string): string => `blk.${layer}.${module}.weight`
      fuse(of('attn_qkv'), ['attn_q', 'attn_k', 'attn_v'].map(of))
      fuse(of('ffn_up'), ['ffn_gate', 'ffn_up'].map(of))
    }
  }
  const u32 = (value: number): GgufEntry => ({ type: 'u32', value })
  const f32 = (value: number): GgufEntry => ({ type: 'f32', value })
  const text = (value: string): GgufEntry => ({ type: 'string', value })
  return openGguf(
    memorySource(
      ggufOf(
        {
          'general.architecture': text(architecture),
          [`${architecture}.block_count`]: u32(config.layerCount),
          [`${architecture}.context_length`]: u32(config.contextLength),
          [`${architecture}.embedding_length`]: u32(config.hiddenSize),
          [`${architecture}.feed_forward_length`]: u32(config.intermediateSize),
          [`${architecture}.attention.head_count`]: u32(config.headCount),
          [`${architecture}.attention.head_count_kv`]: u32(config.kvHeadCount),
          [`${architecture}.attention.key_length`]: u32(config.headDim),
          [`${architecture}.attention.layer_norm_rms_epsilon`]: f32(config.normEpsilon),
          [`${architecture}.rope.freq_base`]: f32(config.ropeTheta),
          'tokenizer.ggml.model': text('gpt2'),
          'tokenizer.ggml.pre': text('gpt-2'),
          'tokenizer.ggml.tokens': { type: 'strings', value: ['a', 'b'] },
          'tokenizer.ggml.merges': { type: 'strings', value: [] },
          ...metadata,
        },
        tensors,
      ),
    ),
  )
}

function openFolder(name: string): LlamaCheckpoint {
  const folder = join(golden, name)
  return openHuggingFaceFolder(
    new Map(readdirSync(folder).map((file) => [file, fileSource(join(folder, file))])),
  )
}

test.each([
  ['qwen2', 'qwen2', {}],
  ['qwen3', 'qwen3', {}],
  ['phi3', 'phi3', { 'phi3.attention.sliding_window': { type: 'u32', value: 9 } }],
  ['gemma', 'gemma', {}],
  [
    'gemma2',
    'gemma2',
    {
      'gemma2.attention.sliding_window': { type: 'u32', value: 6 },
      'gemma2.attn_logit_softcapping': { type: 'f32', value: 2 },
      'gemma2.final_logit_softcapping': { type: 'f32', value: 3 },
    },
  ],
] satisfies [string, string, Record<string, GgufEntry>][])(
  '%s as GGUF is the same model',
  (name, architecture, metadata) => {
    const folder = openFolder(name)
    const file = asGguf(name, architecture, metadata)
    // Gemma's scale of scores is not in the file: it is that of the published sizes.
    const { normEpsilon, scoreScale: _, ...config } = folder.config
    expect(file.config).toMatchObject(config)
    expect(file.config.normEpsilon).toBeCloseTo(normEpsilon, 10)
    expect([...file.tensors.keys()]).toEqual([...folder.tensors.keys()])
    for (const [key, tensor] of folder.tensors) {
      const count = tensor.shape.reduce((a, b) => a * b, 1)
      const read = file.tensors.get(key)?.read() ?? new Uint8Array()
      expect(dequantize(tensor.format, read, count), key).toEqual(
        dequantize(tensor.format, tensor.read(), count),
      )
    }
  },
)

test('yarn as GGUF has the settings of the folder', () => {
  const file = asGguf('yarn', 'llama', {
    'llama.rope.scaling.type': { type: 'string', value: 'yarn' },
    'llama.rope.scaling.factor': { type: 'f32', value: 4 },
    'llama.rope.scaling.original_context_length': { type: 'u32', value: 16 },
  })
  expect(file.config.ropeScaling).toEqual(openFolder('yarn').config.ropeScaling)
})
