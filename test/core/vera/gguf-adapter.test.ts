import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import {
  type GgufEntry,
  type GgufTensorSource,
  writeGguf,
} from '../../../src-main/core/checkpoint/gguf-writer.ts'
import { unknownOrigin } from '../../../src-main/core/vera/adapter-origin.ts'
import type { VeraSettings } from '../../../src-main/core/vera/adapter-settings.ts'
import { ggufAdapter, ggufAdapterOrigin, readGgufAdapter } from '../../../src-main/core/vera/gguf-adapter.ts'
import { layoutVera, sitePart } from '../../../src-main/core/vera/layout.ts'
import { rand, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { toLora, type PortableAdapter } from '../../../src-main/core/vera/to-lora.ts'
import { concat } from '../checkpoint/gguf-writer.ts'
import { llamaConfig } from './llama-config.ts'

const config = llamaConfig({})
const llama = { architecture: 'llama', config }
const origin = { ...unknownOrigin, name: 'Pim', baseModelHash: 'ab' }

function adapter(settings: Partial<VeraSettings>): PortableAdapter {
  const all: VeraSettings = {
    rank: 4,
    targets: ['q_proj', 'k_proj', 'down_proj'],
    layers: null,
    projectionKey: 7,
    dInitial: 0.1,
    ...settings,
  }
  const layout = layoutVera(config, all)
  const vectors = rand(new TorchGenerator(1), layout.length)
  return { settings: all, layout, vectors, storedProjections: null }
}

function written(
  { metadata, tensors }: ReturnType<typeof ggufAdapter>,
  change: (metadata: Map<string, GgufEntry>, tensors: GgufTensorSource[]) => void = () => {},
) {
  const changed = { metadata: new Map(metadata), tensors: [...tensors] }
  change(changed.metadata, changed.tensors)
  return memorySource(concat([...writeGguf(changed.metadata, changed.tensors)]))
}

/** What each site adds to its weight, `scale · B A`, which is all that counts of it. */
function deltas({ layout, vectors }: PortableAdapter): readonly Float32Array[] {
  const part = (site: (typeof layout.sites)[number], name: 'lora_A' | 'lora_B') => {
    const { start, length } = sitePart(site, name) ?? { start: 0, length: 0 }
    return vectors.subarray(start, start + length)
  }
  return layout.sites.map((site) => {
    const [A, B] = [part(site, 'lora_A'), part(site, 'lora_B')]
    return Float32Array.from({ length: site.outFeatures * site.inFeatures }, (_, index) => {
      const [row, column] = [Math.floor(index / site.inFeatures), index % site.inFeatures]
      let sum = 0
      for (let r = 0; r < site.rank; r++) {
        sum += (B[row * site.rank + r] ?? 0) * (A[r * site.inFeatures + column] ?? 0)
      }
      return site.scale * sum
    })
  })
}

function expectSameDeltas(actual: PortableAdapter, expected: PortableAdapter): void {
  const [ours, theirs] = [deltas(actual), deltas(toLora(expected, config))]
  expect(ours.length).toBe(theirs.length)
  for (const [site, delta] of theirs.entries()) {
    const largest = Math.max(...delta.map(Math.abs))
    const difference = delta.map((value, i) => Math.abs(value - (ours[site]?.[i] ?? NaN)))
    expect(Math.max(...difference)).toBeLessThanOrEqual(1e-6 * largest)
  }
}

describe('what is written comes back', () => {
  test.each<[string, Partial<VeraSettings>]>([
    ['VeRA', {}],
    ['VeRA with ranks that differ', { ranks: { k_proj: 2, '1.q_proj': 0 } }],
    ['one layer', { layers: [1] }],
    ['LoRA with an alpha', { method: 'lora', alpha: 12 }],
    ['LoRA with ranks that differ', { method: 'lora', alpha: 8, ranks: { '0': 2 } }],
    ['rank-stabilised LoRA', { method: 'lora', alpha: 8, rsLora: true, ranks: { '0': 2 } }],
    ['LoRA with an alpha of 0', { method: 'lora', alpha: 0 }],
  ])('%s', (_name, settings) => {
    const given = adapter(settings)
    for (const model of [llama, { ...llama, architecture: 'qwen3' }, { ...llama, architecture: 'mistral' }]) {
      const source = written(ggufAdapter(given, model, origin))
      expectSameDeltas(readGgufAdapter(source, model), given)
      expect(ggufAdapterOrigin(source)).toEqual(origin)
    }
  })
})

test('q and k have their rows in pairs where the architecture has them so, v never', () => {
  const given = adapter({ method: 'lora', targets: ['q_proj', 'v_proj'] })
  const rowsOf = (architecture: string, name: string): Float32Array => {
    const file = readGguf(written(ggufAdapter(given, { architecture, config }, origin)))
    return new Float32Array(Uint8Array.from(file.tensors.get(name)?.read() ?? []).buffer)
  }
  const [q, plain] = ['llama', 'qwen2'].map((name) => rowsOf(name, 'blk.0.attn_q.weight.lora_b'))
  const half = config.headDim / 2
  expect(q?.subarray(4, 8)).toEqual(plain?.subarray(4 * half, 4 * half + 4))
  expect(rowsOf('llama', 'blk.0.attn_v.weight.lora_b')).toEqual(rowsOf('qwen2', 'blk.0.attn_v.weight.lora_b'))
})

test('without an alpha nothing is scaled, as in llama.cpp', () => {
  const given = adapter({ method: 'lora', alpha: null, ranks: { k_proj: 2 } })
  const source = written(ggufAdapter(given, llama, origin), (metadata) =>
    metadata.delete('adapter.lora.alpha'),
  )
  // Its alpha was its rank, 4; the narrower k_proj had been scaled by 4 / 2.
  const [expected, actual] = [deltas(given), deltas(readGgufAdapter(source, llama))]
  const ratio = (site: number): number => (actual[site]?.[0] ?? 0) / (expected[site]?.[0] ?? 1)
  expect(ratio(0)).toBeCloseTo(1, 5)
  expect(ratio(1)).toBeCloseTo(0.5, 5)
})

test('an adapter of another program says its architecture', () => {
  const source = written(ggufAdapter(adapter({}), llama, origin), (metadata) =>
    metadata.delete('veranda.origin'),
  )
  expect(ggufAdapterOrigin(source)).toEqual({
    ...unknownOrigin,
    name: 'Pim',
    baseModelArchitecture: 'llama',
  })
})

describe('refused', () => {
  const good = ggufAdapter(adapter({}), llama, origin)
  const zeros = (name: string, shape: readonly number[]): GgufTensorSource => ({
    name,
    type: 'F32',
    shape,
    pieces: () => [new Uint8Array(4 * shape.reduce((a, b) => a * b, 1))],
  })
  test.each<[string, Parameters<typeof written>[1], string]>([
    [
      'a model',
      (metadata) => metadata.set('general.type', { type: 'string', value: 'model' }),
      'adapter-unsupported',
    ],
    [
      'another kind',
      (metadata) => metadata.set('adapter.type', { type: 'string', value: 'ia3' }),
      'adapter-unsupported',
    ],
    [
      'another architecture',
      (metadata) => metadata.set('general.architecture', { type: 'string', value: 'qwen3' }),
      'adapter-wrong-model',
    ],
    ['a missing half', (_, tensors) => void tensors.pop(), 'adapter-incomplete'],
    [
      'an adapted output',
      (_, tensors) => void tensors.push(zeros('output.weight.lora_a', [4, 8])),
      'adapter-unsupported',
    ],
    [
      'a stray tensor',
      (_, tensors) => void tensors.push(zeros('blk.0.attn_q.weight', [4, 8])),
      'adapter-unsupported',
    ],
    [
      'another shape',
      (_, tensors) => void tensors.splice(0, 1, zeros('blk.0.attn_q.weight.lora_a', [4, 8])),
      'adapter-wrong-model',
    ],
    ['no tensors', (_, tensors) => void tensors.splice(0), 'adapter-unsupported'],
  ])('%s', (_name, change, code) => {
    expect(() => readGgufAdapter(written(good, change), llama)).toThrow(expect.objectContaining({ code }))
  })

  test('biases, for which the format has no place', () => {
    const withBias = { ...config, attentionBias: true }
    const settings = { ...adapter({}).settings, bias: 'all' as const }
    const layout = layoutVera(withBias, settings)
    const given = { settings, layout, vectors: new Float32Array(layout.length), storedProjections: null }
    const model = { architecture: 'llama', config: withBias }
    expect(() => ggufAdapter(given, model, origin)).toThrow(
      expect.objectContaining({ code: 'adapter-not-gguf' }),
    )
  })
})
