import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { dequantize } from '../../../src-main/core/checkpoint/weight-formats.ts'
import { openGguf } from '../../../src-main/core/llama/llama-checkpoint.ts'
import type { LlamaCheckpoint } from '../../../src-main/core/llama/llama-checkpoint.ts'
import { ggufOf } from '../checkpoint/gguf-writer.ts'
import type { GgufEntry, GgufTensorData } from '../checkpoint/gguf-writer.ts'

describe('GGUF metadata', () => {
  const u32 = (value: number): GgufEntry => ({ type: 'u32', value })
  const f32 = (value: number): GgufEntry => ({ type: 'f32', value })
  const text = (value: string): GgufEntry => ({ type: 'string', value })
  const floats = (shape: number[], data?: number[]): GgufTensorData => ({
    type: 0,
    shape,
    bytes: new Uint8Array(
      Float32Array.from(data ?? Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0.5)).buffer,
    ),
  })
  const metadata: Record<string, GgufEntry> = {
    'general.architecture': text('llama'),
    'llama.block_count': u32(1),
    'llama.context_length': u32(128),
    'llama.embedding_length': u32(8),
    'llama.feed_forward_length': u32(16),
    'llama.attention.head_count': u32(2),
    'llama.attention.layer_norm_rms_epsilon': f32(1e-5),
    'llama.rope.freq_base': f32(500000),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('gpt-2'),
    'tokenizer.ggml.tokens': { type: 'strings', value: ['a', 'b'] },
    'tokenizer.ggml.merges': { type: 'strings', value: [] },
  }
  const tensors: Record<string, GgufTensorData> = {
    'token_embd.weight': floats([2, 8]),
    'output_norm.weight': floats([8]),
    'output.weight': floats([2, 8]),
    'blk.0.attn_norm.weight': floats([8]),
    // Rows 0 … 7, two heads of four, in ggml's order of pairs.
    'blk.0.attn_q.weight': floats(
      [8, 8],
      Array.from({ length: 64 }, (_, index) => index >> 3),
    ),
    'blk.0.attn_k.weight': floats([8, 8]),
    'blk.0.attn_v.weight': floats([8, 8]),
    'blk.0.attn_output.weight': floats([8, 8]),
    'blk.0.ffn_norm.weight': floats([8]),
    'blk.0.ffn_gate.weight': floats([16, 8]),
    'blk.0.ffn_up.weight': floats([16, 8]),
    'blk.0.ffn_down.weight': floats([8, 16]),
  }
  const open = (
    metadataChanges: Record<string, GgufEntry | null> = {},
    tensorChanges: Record<string, GgufTensorData | null> = {},
  ): LlamaCheckpoint => {
    const without = <T>(entries: Record<string, T | null>): Record<string, T> =>
      Object.fromEntries(
        Object.entries(entries).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
      )
    return openGguf(
      memorySource(
        ggufOf(without({ ...metadata, ...metadataChanges }), without({ ...tensors, ...tensorChanges })),
      ),
    )
  }

  const firstColumn = ({ tensors: opened }: LlamaCheckpoint, name: string): Float32Array => {
    const tensor = opened.get(name)
    return dequantize('F32', tensor?.read() ?? new Uint8Array(), 64).filter((_, index) => index % 8 === 0)
  }

  test('own output matrix, key heads as many as query heads, rows in halves', () => {
    const checkpoint = open()
    expect(checkpoint.config).toMatchObject({
      tiedEmbeddings: false,
      kvHeadCount: 2,
      headDim: 4,
      vocabularySize: 2,
    })
    const rows = firstColumn(checkpoint, 'model.layers.0.self_attn.q_proj.weight')
    expect([...rows]).toEqual([0, 2, 1, 3, 4, 6, 5, 7])
    expect(open({}, { 'output.weight': null }).config.tiedEmbeddings).toBe(true)
  })

  test('linear scaling', () => {
    const checkpoint = open({
      'llama.rope.scaling.type': text('linear'),
      'llama.rope.scaling.factor': f32(4),
    })
    expect(checkpoint.config.ropeScaling).toEqual({ type: 'linear', factor: 4 })
  })

  test("Llama 3's stored frequency divisors", () => {
    // Wavelengths 2 pi and 2 pi sqrt(500000): the first is kept, the second lies between the two limits.
    const turns = 8192 / (2 * Math.PI * Math.sqrt(500000))
    const smooth = (turns - 1) / 3
    const divisors = [1, 1 / ((1 - smooth) / 32 + smooth)]
    const ropeOf = (factors: number[], metadata = {}) =>
      open(metadata, { 'rope_freqs.weight': floats([2], factors) }).config.ropeScaling
    // The largest divisor is no 32, as no frequency is slow enough: the divisors themselves are kept.
    const kept = ropeOf(divisors)
    expect(kept).toMatchObject({ type: 'divisors', attentionFactor: 1 })
    expect('divisors' in kept && kept.divisors[1]).toBeCloseTo(divisors[1] ?? NaN, 5)
    expect(ropeOf([1, 32])).toMatchObject({ type: 'divisors', divisors: [1, 32] })
    expect(ropeOf([1, 32], { 'llama.rope.freq_base': f32(1e10) })).toEqual({
      type: 'llama3',
      factor: 32,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 8192,
    })
    expect(() => ropeOf([1, 0])).toThrow(expect.objectContaining({ code: 'model-metadata' }))
  })

  test("Phi-3's divisors: those of the context it was trained on, which is then the model's", () => {
    const { ropeScaling, contextLength } = open(
      {
        'llama.rope.scaling.original_context_length': u32(32),
        'llama.rope.scaling.attn_factor': f32(1.25),
      },
      {
        'rope_factors_short.weight': floats([2], [1, 2]),
        'rope_factors_long.weight': floats([2], [3, 9]),
      },
    ).config
    expect(contextLength).toBe(32)
    expect(ropeScaling).toEqual({ type: 'divisors', divisors: [1, 2], attentionFactor: 1.25 })
  })

  const cases: [string, () => unknown, string, RegExp][] = [
    [
      'another architecture',
      () => open({ 'general.architecture': text('mamba') }),
      'model-architecture',
      /architecture mamba/,
    ],
    [
      'a mixture of experts',
      () => open({ 'llama.expert_count': u32(8) }),
      'model-architecture',
      /mixture of experts/,
    ],
    ['a missing entry', () => open({ 'llama.block_count': null }), 'model-metadata', /llama\.block_count/],
    [
      'an entry of the wrong type',
      () => open({ 'llama.block_count': text('2') }),
      'model-metadata',
      /not one number/,
    ],
    ['an entry that is no count', () => open({ 'llama.block_count': f32(1.5) }), 'model-metadata', /1\.5/],
    [
      'partial rotation',
      () => open({ 'llama.rope.dimension_count': u32(2) }),
      'model-metadata',
      /dimension_count is 2/,
    ],
    ['an unknown scaling', () => open({ 'llama.rope.scaling.type': text('su') }), 'model-rope', /scaling su/],
    [
      'a missing tensor',
      () => open({}, { 'blk.0.ffn_up.weight': null }),
      'model-tensor',
      /mlp\.up_proj\.weight/,
    ],
    [
      'an unknown tensor',
      () => open({}, { 'blk.0.attn_q_norm.weight': floats([4]) }),
      'model-tensor',
      /self_attn\.q_norm/,
    ],
    [
      'a format that is not decoded',
      () => open({}, { 'blk.0.ffn_up.weight': { type: 24, shape: [16, 8], bytes: new Uint8Array(128) } }),
      'weight-format',
      /ffn_up\.weight is stored as I8/,
    ],
  ]
  test.each(cases)('%s', (_name, act, code, message) => {
    expect(act).toThrow(expect.objectContaining({ code }))
    expect(act).toThrow(message)
  })
})
