/** The settings of Gemma as transformers 4 and 5 and llama.cpp's converter write them. */
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { configFromGguf } from '../../../src-main/core/llama/config-from-gguf.ts'
import { configFromHuggingFace } from '../../../src-main/core/llama/config-from-huggingface.ts'
import { ggufOf, type GgufEntry } from '../checkpoint/gguf-writer.ts'

const sizes = {
  vocab_size: 64,
  hidden_size: 1152,
  intermediate_size: 6912,
  num_attention_heads: 4,
  num_key_value_heads: 1,
}

function gguf(architecture: string, layers: number, context: number, more: Record<string, GgufEntry>) {
  const u32 = (value: number): GgufEntry => ({ type: 'u32', value })
  const settings: Record<string, GgufEntry> = {
    block_count: u32(layers),
    context_length: u32(context),
    embedding_length: u32(sizes.hidden_size),
    feed_forward_length: u32(sizes.intermediate_size),
    'attention.head_count': u32(4),
    'attention.head_count_kv': u32(1),
    'attention.key_length': u32(256),
    'attention.value_length': u32(256),
    'attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-6 },
    ...more,
  }
  const metadata: Record<string, GgufEntry> = {
    'general.architecture': { type: 'string', value: architecture },
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${architecture}.${key}`, value])),
  }
  const shape = [sizes.vocab_size, sizes.hidden_size]
  const embeddings = { type: 0, shape, bytes: new Uint8Array(4 * 64 * 1152) }
  return configFromGguf(readGguf(memorySource(ggufOf(metadata, { 'token_embd.weight': embeddings }))))
}

describe('Gemma 3', () => {
  const four = configFromHuggingFace({
    ...sizes,
    model_type: 'gemma3_text',
    num_hidden_layers: 13,
    max_position_embeddings: 32768,
    head_dim: 256,
    hidden_activation: 'gelu_pytorch_tanh',
    query_pre_attn_scalar: 256,
    rope_theta: 1_000_000,
    rope_local_base_freq: 10_000,
    rope_scaling: { rope_type: 'linear', factor: 8 },
    sliding_window: 512,
    sliding_window_pattern: 6,
    attn_logit_softcapping: null,
    final_logit_softcapping: null,
  })

  test('sees a window in five layers of six, and rotates by another base there', () => {
    expect(four).toMatchObject({
      slidingWindow: 512,
      windowedLayers: [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12],
      windowedRopeTheta: 10_000,
      ropeTheta: 1_000_000,
      ropeScaling: { type: 'linear', factor: 8 },
      embeddingScale: Math.sqrt(1152),
      tiedEmbeddings: true,
    })
    expect(four).not.toHaveProperty('scoreCap')
    expect(four).not.toHaveProperty('scoreScale')
  })

  test('is the same of transformers 5, which leaves out its defaults', () => {
    const types = Array.from({ length: 13 }, (_, layer) =>
      layer % 6 === 5 ? 'full_attention' : 'sliding_attention',
    )
    const five = configFromHuggingFace({
      ...sizes,
      model_type: 'gemma3_text',
      num_hidden_layers: 13,
      max_position_embeddings: 32768,
      layer_types: types,
      sliding_window: 512,
      rope_parameters: {
        full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1_000_000 },
        sliding_attention: { rope_type: 'default', rope_theta: 10_000 },
      },
    })
    expect(five).toEqual(four)
  })

  test('is the same of a GGUF file', () => {
    const { normEpsilon, ...config } = four
    const file = gguf('gemma3', 13, 32768, {
      'rope.freq_base': { type: 'f32', value: 1_000_000 },
      'rope.scaling.type': { type: 'string', value: 'linear' },
      'rope.scaling.factor': { type: 'f32', value: 8 },
      'attention.sliding_window': { type: 'u32', value: 512 },
    })
    expect(file).toMatchObject(config)
    expect(file.normEpsilon).toBeCloseTo(normEpsilon, 10)
    expect(file).not.toHaveProperty('scoreCap')
  })

  test('of pictures, or that embeds, is refused', () => {
    for (const more of [{ text_config: {} }, { use_bidirectional_attention: true }])
      expect(() => configFromHuggingFace({ ...sizes, model_type: 'gemma3', ...more })).toThrow(
        expect.objectContaining({ code: 'model-architecture' }),
      )
  })
})

describe('Gemma 2', () => {
  test('caps scores and logits, and sees a window in every other layer, whatever is left out', () => {
    const settings = { scoreCap: 50, logitCap: 30, slidingWindow: 4096, windowedLayers: [0, 2] }
    const json = { ...sizes, model_type: 'gemma2', num_hidden_layers: 4, num_key_value_heads: 1 }
    expect(configFromHuggingFace(json)).toMatchObject({ ...settings, headDim: 256, contextLength: 8192 })
    const file = gguf('gemma2', 4, 8192, { 'attention.sliding_window': { type: 'u32', value: 4096 } })
    expect(file).toMatchObject(settings)
    expect(file).not.toHaveProperty('windowedRopeTheta')
  })

  test('of 27 billion parameters scales scores by the width of its layers', () => {
    expect(gguf('gemma2', 46, 8192, {}).scoreScale).toBe(1 / Math.sqrt(1152 / 4))
    expect(gguf('gemma2', 42, 8192, {})).not.toHaveProperty('scoreScale')
  })
})

test('a number of layers that no model has is refused before a list of them is made', () => {
  const json = { ...sizes, model_type: 'gemma2', num_key_value_heads: 1 }
  for (const num_hidden_layers of [1.5, 1e9, 1e300])
    expect(() => configFromHuggingFace({ ...json, num_hidden_layers })).toThrow(
      expect.objectContaining({ code: 'model-metadata' }),
    )
  expect(() => gguf('gemma2', 2 ** 32 - 1, 8192, {})).toThrow(
    expect.objectContaining({ code: 'model-metadata' }),
  )
})
