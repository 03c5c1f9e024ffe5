import { describe, expect, test } from 'vitest'
import type { LlamaConfig } from '../../../src-main/core/llama/config.ts'
import { LINEAR_KINDS, linearKinds, type LinearKind } from '../../../src-main/core/llama/linear-kinds.ts'
import { initialVectors, layerRange, layoutVera, upperLayers } from '../../../src-main/core/vera/layout.ts'
import { referenceJson } from '../reference-data.ts'
import { llamaConfig } from './llama-config.ts'

interface Count {
  name: string
  kind: string
  method?: string
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
    // RoBERTa and GPT-2 have other linear layers, LoRA other matrices: skipped, and seen to be.
    const ours = kind === 'llama' && method === undefined
    test.skipIf(!ours)(name, () => {
      const targets = target_modules === 'all-linear' ? LINEAR_KINDS : target_modules
      const layout = layoutVera(configOf(dims), { rank: r, targets, layers: null })
      expect(layout.length).toBe(trainable_by_peft)
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
      expect(site.lambdaD).toBe(offset)
      expect(site.lambdaB).toBe(offset + 3)
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
