/** Adapters that another program trained of fused matrices. */
import { describe, expect, test } from 'vitest'
import { writeSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { adapterTensors } from '../../../src-main/core/vera/adapter-tensors.ts'
import { branchOf, type Branch } from '../../../src-main/core/vera/branch.ts'
import { fusedLayout, fuseLora } from '../../../src-main/core/vera/fused-adapter.ts'
import { writePeftConfig } from '../../../src-main/core/vera/peft-config.ts'
import { readFusedPeftAdapter } from '../../../src-main/core/vera/peft-fused.ts'
import { projections } from '../../../src-main/core/vera/projections.ts'
import { rand, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { llamaConfig } from './llama-config.ts'

const config = llamaConfig({})
const key = 5

function given(method: 'vera' | 'lora', targetModules: readonly string[]) {
  const layout = fusedLayout(config, { method, alpha: 8 }, ({ module }) =>
    targetModules.some((name) => module.endsWith(name)) ? 4 : 0,
  )
  const vectors = rand(new TorchGenerator(2), layout.length)
  const text = writePeftConfig({
    method,
    targetModules,
    layersToTransform: null,
    rank: 4,
    bias: 'none',
    dropout: 0,
    baseModelName: null,
    projectionKey: key,
    dInitial: 0.1,
    savesProjections: false,
    alpha: 8,
    rsLora: false,
    rankPattern: {},
  })
  const bytes = writeSafetensors(adapterTensors(layout, vectors, null, 'whole'), new Map())
  return { layout, vectors, read: readFusedPeftAdapter(text, bytes, config) }
}

function product({ rank, A, B }: Branch, inFeatures: number): number[] {
  return Array.from({ length: (B.length / rank) * inFeatures }, (_, index) => {
    const [row, column] = [Math.floor(index / inFeatures), index % inFeatures]
    let sum = 0
    for (let r = 0; r < rank; r++) sum += (B[row * rank + r] ?? 0) * (A[r * inFeatures + column] ?? 0)
    return sum
  })
}

describe.each(['lora', 'vera'] as const)('%s of qkv_proj, gate_up_proj and down_proj', (method) => {
  const { layout, vectors, read } = given(method, ['qkv_proj', 'gate_up_proj', 'down_proj'])
  const shared = method === 'lora' ? null : projections({ ...layout, key })

  test('does to q, k and v what it does to their rows', () => {
    for (const site of layout.sites) {
      const whole = branchOf(site, vectors, shared)
      const parts = read.layout.sites.filter(
        ({ layer, inFeatures, kind }) =>
          layer === site.layer &&
          inFeatures === site.inFeatures &&
          (site.module.includes('qkv')
            ? /^[qkv]/
            : site.module.includes('gate')
              ? /^(gate|up)/
              : /^down/
          ).test(kind),
      )
      const rows = parts.flatMap((part) => {
        const branch = branchOf(part, read.vectors, null)
        return branch === null ? [] : product(branch, part.inFeatures)
      })
      const expected = whole === null ? [] : product(whole, site.inFeatures)
      expect(rows.length).toBe(expected.length)
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const difference = expected.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (rows[i] ?? NaN))),
        0,
      )
      expect(difference).toBeLessThanOrEqual(1e-6 * largest)
    }
  })

  test('goes back with the one A that its parts have', () => {
    const fused = fuseLora(read, config)
    expect(fused.layout.sites.map(({ module, rank }) => [module, rank])).toEqual(
      layout.sites.map(({ module }) => [module, 4]),
    )
  })
})

test('one that was never trained stays an adapter', () => {
  const layout = fusedLayout(config, { method: 'lora' }, ({ module }) => (module.endsWith('o_proj') ? 2 : 0))
  const bytes = writeSafetensors(adapterTensors(layout, new Float32Array(layout.length), null), new Map())
  const text = JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 2, target_modules: ['o_proj'] })
  expect(readFusedPeftAdapter(text, bytes, config).settings.targets).toEqual(['o_proj'])
})

test('of layers that a fused model does not have it is refused', () => {
  const text = JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 2, target_modules: ['q_proj'] })
  const bytes = writeSafetensors(new Map(), new Map())
  expect(() => readFusedPeftAdapter(text, bytes, config)).toThrow(
    expect.objectContaining({ code: 'adapter-unsupported' }),
  )
})
