import { describe, expect, test } from 'vitest'
import type { LlamaConfig } from '../../../src-main/core/llama/config.ts'
import { LINEAR_KINDS, linearKinds, type LinearKind } from '../../../src-main/core/llama/linear-kinds.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { layerRange, layoutVera, upperLayers } from '../../../src-main/core/vera/layout.ts'
import { referenceJson } from '../reference-data.ts'
import { llamaConfig } from './llama-config.ts'

interface Count {
  name: string
  kind: string
  method?: 'vera' | 'lora'
  r: number
  target_modules: 'all-linear' | LinearKind[]
  trainable_by_peft: number
  vera_A_B_shapes: [[number, number], [number, number]] | null
  dims: Record<string, number>
}

function configOf(dims: Record<string, number>): LlamaConfig {
  const size = (name: string) => dims[name] ?? NaN
  return llamaConfig({
    vocabularySize: size('vocab_size'),
    hiddenSize: size('hidden_size'),
    intermediateSize: size('intermediate_size'),
    layerCount: size('num_hidden_layers'),
    headCount: size('num_attention_heads'),
    kvHeadCount: size('num_key_value_heads'),
    headDim: size('hidden_size') / size('num_attention_heads'),
  })
}

describe('trainable parameters as PEFT and the paper count them', () => {
  const { configs } = referenceJson<{ configs: Count[] }>('vera-paper/counts.json')

  for (const entry of configs) {
    const { name, kind, method, r, target_modules, trainable_by_peft, vera_A_B_shapes, dims } = entry
    // RoBERTa and GPT-2 have other linear layers: skipped, and seen to be.
    test.skipIf(kind !== 'llama')(name, () => {
      const targets = target_modules === 'all-linear' ? LINEAR_KINDS : target_modules
      const layout = layoutVera(configOf(dims), { method: method ?? 'vera', rank: r, targets, layers: null })
      expect(layout.length).toBe(trainable_by_peft)
      if (vera_A_B_shapes === null) return
      expect([
        [r, layout.maxIn],
        [layout.maxOut, r],
      ]).toEqual(vera_A_B_shapes)
    })
  }
})

describe('layout', () => {
  const config = llamaConfig({})

  test('sites follow layers, then the forward order, without gaps', () => {
    const layout = layoutVera(config, { rank: 3, targets: ['down_proj', 'k_proj'], layers: null })
    expect(layout.sites.map((site) => site.module)).toEqual([
      'model.layers.0.self_attn.k_proj',
      'model.layers.0.mlp.down_proj',
      'model.layers.1.self_attn.k_proj',
      'model.layers.1.mlp.down_proj',
    ])
    let offset = 0
    for (const site of layout.sites) {
      expect(site.parts).toEqual([
        { name: 'lambda_d', start: offset, length: 3, shape: [3] },
        { name: 'lambda_b', start: offset + 3, length: site.outFeatures, shape: [site.outFeatures] },
      ])
      offset += 3 + site.outFeatures
    }
    expect(layout.length).toBe(offset)
  })

  test('the projections are as large as the adapted layers need, and no larger', () => {
    expect(layoutVera(config, { rank: 3, targets: ['k_proj'], layers: null })).toMatchObject({
      maxIn: 64,
      maxOut: 32,
    })
    expect(layoutVera(config, { rank: 3, targets: ['k_proj', 'down_proj'], layers: [1] })).toMatchObject({
      maxIn: 160,
      maxOut: 64,
    })
  })

  test('an own head dimension makes q and o wider than the hidden size', () => {
    const wide = linearKinds(llamaConfig({ headDim: 24, kvHeadCount: 2 }))
    expect(wide.find(({ kind }) => kind === 'q_proj')).toMatchObject({ inFeatures: 64, outFeatures: 96 })
    expect(wide.find(({ kind }) => kind === 'o_proj')).toMatchObject({ inFeatures: 96, outFeatures: 64 })
    expect(wide.find(({ kind }) => kind === 'v_proj')).toMatchObject({ inFeatures: 64, outFeatures: 48 })
  })

  test('the ranges of the layers cut the whole vector', () => {
    const layout = layoutVera(config, { rank: 4, targets: LINEAR_KINDS, layers: null })
    const first = layerRange(layout, 0)
    const second = layerRange(layout, 1)
    expect(first).toEqual({ start: 0, end: layout.length / 2 })
    expect(second).toEqual({ start: layout.length / 2, end: layout.length })
    const some = layoutVera(config, { rank: 4, targets: LINEAR_KINDS, layers: [1] })
    expect(layerRange(some, 0)).toEqual({ start: 0, end: 0 })
    expect(layerRange(some, 1)).toEqual({ start: 0, end: some.length })
  })

  test('training starts with lambda_d at dInitial and lambda_b at 0', () => {
    const layout = layoutVera(config, { rank: 2, targets: ['k_proj'], layers: [0] })
    const expected = new Float32Array(2 + 32)
    expected.fill(0.1, 0, 2)
    expect(initialVectors(layout, 0.1)).toEqual(expected)
  })

  test('ranks by layer and kind: the most exact one counts, 0 leaves a layer as it is', () => {
    const layout = layoutVera(config, {
      rank: 8,
      targets: ['q_proj', 'k_proj'],
      layers: null,
      ranks: { k_proj: 4, '1': 2, '1.q_proj': 0 },
    })
    expect(layout.sites.map(({ layer, kind, rank }) => [layer, kind, rank])).toEqual([
      [0, 'q_proj', 8],
      [0, 'k_proj', 4],
      [1, 'k_proj', 2],
    ])
    expect(layout.rank).toBe(8)
    expect(layout.length).toBe(8 + 64 + 4 + 32 + 2 + 32)
  })

  test('biases follow their site, or stand alone; where the model has none, none is trained', () => {
    const targets = { rank: 2, targets: ['q_proj'] as const, layers: [1] }
    const biased = llamaConfig({ attentionBias: true })
    const parts = (bias: 'all' | 'adapted', model: LlamaConfig) =>
      layoutVera(model, { ...targets, bias }).sites.map(({ layer, kind, parts }) => [
        layer,
        kind,
        parts.map(({ name }) => name).join(),
      ])
    expect(parts('adapted', biased)).toEqual([[1, 'q_proj', 'lambda_d,lambda_b,bias']])
    expect(parts('adapted', config)).toEqual([[1, 'q_proj', 'lambda_d,lambda_b']])
    expect(parts('all', biased)).toEqual([
      ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((kind) => [0, kind, 'bias']),
      [1, 'q_proj', 'lambda_d,lambda_b,bias'],
      ...['k_proj', 'v_proj', 'o_proj'].map((kind) => [1, kind, 'bias']),
    ])
  })

  test('LoRA starts as the base, A drawn from the key', () => {
    const layout = layoutVera(config, { method: 'lora', rank: 2, targets: ['k_proj'], layers: [0] })
    const vectors = initialVectors(layout, 0.1, 5)
    const a = vectors.subarray(0, 2 * 64)
    // Kaiming uniform with a = √5 is uniform in ±1/√in.
    expect(a.every((value) => value !== 0 && Math.abs(value) <= 1 / 8)).toBe(true)
    expect(vectors.subarray(2 * 64).every((value) => value === 0)).toBe(true)
    expect(initialVectors(layout, 0.1, 6)).not.toEqual(vectors)
  })

  test.each([
    { x_proj: 1 },
    { '2': 1 },
    { '7.q_proj': 1 },
    { q_proj: -1 },
    { q_proj: 0.5 },
    { '': 1 },
    { '0.': 1 },
  ])('refuses the ranks %j', (ranks) => {
    expect(() => layoutVera(config, { rank: 4, targets: LINEAR_KINDS, layers: null, ranks })).toThrow(
      expect.objectContaining({ code: 'adapter-targets' }),
    )
  })

  test.each([
    { rank: 0, targets: LINEAR_KINDS, layers: null },
    { rank: 1.5, targets: LINEAR_KINDS, layers: null },
    { rank: 4, targets: [], layers: null },
    { rank: 4, targets: LINEAR_KINDS, layers: [] },
    { rank: 4, targets: LINEAR_KINDS, layers: [2] },
    { rank: 4, targets: LINEAR_KINDS, layers: [-1] },
  ])('refuses rank $rank, targets $targets, layers $layers', (targets) => {
    expect(() => layoutVera(config, targets)).toThrow(expect.objectContaining({ code: 'adapter-targets' }))
  })
})

test('the upper share of the layers is at least one layer, and null for all', () => {
  expect(upperLayers(30, 1 / 3)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29])
  expect(upperLayers(30, 0.001)).toEqual([29])
  expect(upperLayers(2, 0.5)).toEqual([1])
  expect(upperLayers(2, 1)).toBeNull()
})
