import { describe, expect, test } from 'vitest'
import { layoutVera, sitePart } from '../../../src-main/core/vera/layout.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../../src-main/core/vera/projections.ts'
import { withWholeProjections } from '../../../src-main/core/vera/whole-projections.ts'
import { llamaConfig } from './llama-config.ts'

const config = llamaConfig({})
const layout = layoutVera(config, { rank: 8, targets: ['q_proj', 'down_proj'], layers: null })
const live = liveAdapter(layout, initialVectors(layout, 0.1).fill(0.5), projections({ ...layout, key: 3 }))

describe('projections in whole numbers', () => {
  const whole = withWholeProjections(live)

  test('with their steps they are what they were, to 16 bits of the largest', () => {
    for (const [name, { data, shape }] of Object.entries(live.projectionFeeds)) {
      const rounded = whole.projectionFeeds[name]
      if (!(rounded?.data instanceof Uint8Array) || !(data instanceof Float32Array)) throw new Error(name)
      expect(rounded.shape).toEqual([shape[0], 2 * (shape[1] ?? 0)])
      const numbers = new Int16Array(rounded.data.buffer)
      const largest = Math.max(...data.map(Math.abs))
      expect(Math.max(...numbers.map(Math.abs))).toBe(32_767)
      for (const [at, value] of data.entries())
        expect(Math.abs(((numbers[at] ?? 0) * largest) / 32_767 - value)).toBeLessThan(largest / 65_000)
    }
  })

  test('the steps are in λ_b, and what was given stays', () => {
    for (const site of layout.sites) {
      const { start } = sitePart(site, 'lambda_b') ?? { start: -1 }
      const stepOf = (matrix: 'A' | 'B', size: number): number => {
        const { data } = live.projectionFeeds[`vera.${matrix}.${size}.8`] ?? { data: new Float32Array() }
        return Math.max(...[...data].map((value) => Math.abs(Number(value)))) / 32_767
      }
      const step = stepOf('A', site.inFeatures) * stepOf('B', site.outFeatures)
      expect((whole.vectors[start] ?? 0) / (0.5 * step)).toBeCloseTo(1, 5)
      expect(live.vectors[start]).toBe(0.5)
      expect(whole.vectors[sitePart(site, 'lambda_d')?.start ?? -1]).toBe(0.5)
    }
  })

  test('adapters that share projections share what is made of them', () => {
    expect(withWholeProjections({ ...live, vectors: live.vectors.slice() }).projectionFeeds).toBe(
      whole.projectionFeeds,
    )
  })
})
