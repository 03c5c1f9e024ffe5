import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import {
  readSafetensors,
  writeSafetensors,
  type SafetensorsData,
} from '../../../src-main/core/checkpoint/safetensors.ts'
import {
  checkBaseModel,
  decodeAdapter,
  encodeAdapter,
  projectionsOfAdapter,
  readAdapterSettings,
} from '../../../src-main/core/vera/adapter-file.ts'
import type { AdapterSettings } from '../../../src-main/core/vera/adapter-settings.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { projections, projectionsOf } from '../../../src-main/core/vera/projections.ts'
import { rand, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { llamaConfig } from './llama-config.ts'

const config = llamaConfig({})
const settings: AdapterSettings = {
  rank: 4,
  targets: ['q_proj', 'down_proj'],
  layers: [1],
  projectionKey: 7,
  dInitial: 0.1,
  baseModelHash: 'a'.repeat(64),
  chatTemplateHash: 'b'.repeat(64),
  createdBy: 'veranda 0.1.0',
}
const layout = layoutVera(config, settings)
const vectors = rand(new TorchGenerator(1), layout.length)
const bytes = encodeAdapter(settings, layout, vectors)

const failure = (code: string) => expect.objectContaining({ code })

/** The same file with some tensors or metadata changed. */
function changed(
  change: (tensors: Map<string, SafetensorsData>, metadata: Map<string, string>) => void,
): Uint8Array {
  const file = readSafetensors(memorySource(bytes))
  const tensors = new Map<string, SafetensorsData>()
  for (const [name, { dtype, shape, read }] of file.tensors) {
    tensors.set(name, { dtype, shape, bytes: new Uint8Array(read()) })
  }
  const metadata = new Map(file.metadata)
  change(tensors, metadata)
  return writeSafetensors(tensors, metadata)
}

const changedSettings = (change: object): Uint8Array =>
  changed((_, metadata) => {
    metadata.set('veranda', JSON.stringify({ formatVersion: 1, ...settings, ...change }))
  })

describe('an adapter file', () => {
  test('comes back as it was', () => {
    const decoded = decodeAdapter(bytes, config)
    expect(decoded.settings).toEqual(settings)
    expect(decoded.layout).toEqual(layout)
    expect(decoded.vectors).toEqual(vectors)
    expect(decoded.storedProjections).toBeNull()
    expect(readAdapterSettings(bytes)).toEqual(settings)
  })

  test('is read wherever its bytes lie in memory', () => {
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(decodeAdapter(shifted.subarray(1), config).vectors).toEqual(vectors)
  })

  test('names its tensors as PEFT does', () => {
    const file = readSafetensors(memorySource(bytes))
    expect([...file.tensors.keys()].toSorted()).toEqual([
      'base_model.model.model.layers.1.mlp.down_proj.vera_lambda_b',
      'base_model.model.model.layers.1.mlp.down_proj.vera_lambda_d',
      'base_model.model.model.layers.1.self_attn.q_proj.vera_lambda_b',
      'base_model.model.model.layers.1.self_attn.q_proj.vera_lambda_d',
    ])
    expect(file.metadata.get('format')).toBe('pt')
    expect(file.tensors.get('base_model.model.model.layers.1.self_attn.q_proj.vera_lambda_d')?.shape).toEqual(
      [4],
    )
  })

  test('of the default model at rank 64 takes under 1 MB', () => {
    const smol = llamaConfig({
      hiddenSize: 576,
      intermediateSize: 1536,
      layerCount: 30,
      headCount: 9,
      kvHeadCount: 3,
      headDim: 64,
    })
    const all = {
      ...settings,
      rank: 64,
      targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const,
      layers: null,
    }
    const whole = layoutVera(smol, all)
    expect(whole.length).toBe(168960)
    const file = encodeAdapter(all, whole, new Float32Array(whole.length))
    expect(file.length).toBeLessThan(1_000_000)
    expect(decodeAdapter(file, smol).settings.layers).toBeNull()
  })
})

describe('every knob', () => {
  const all: AdapterSettings = {
    ...settings,
    method: 'lora',
    ranks: { '1.q_proj': 2 },
    bias: 'adapted',
    alpha: 6,
    rsLora: true,
    dropout: 0.1,
  }
  const biased = llamaConfig({ attentionBias: true, mlpBias: true })
  const whole = layoutVera(biased, all)

  test('comes back', () => {
    const trained = rand(new TorchGenerator(3), whole.length)
    const decoded = decodeAdapter(encodeAdapter(all, whole, trained), biased)
    expect(decoded.settings).toEqual(all)
    expect(decoded.layout).toEqual(whole)
    expect(decoded.vectors).toEqual(trained)
    expect(projectionsOfAdapter(decoded)).toBeNull()
  })

  test('that makes no sense is named', () => {
    for (const change of [{ method: 'dora' }, { ranks: { '0': 1.5 } }, { bias: true }, { alpha: '4' }]) {
      expect(() => readAdapterSettings(changedSettings(change))).toThrow(failure('adapter-broken'))
    }
  })

  test('files of the first version are read', () => {
    expect(readAdapterSettings(changedSettings({ formatVersion: 1 }))).toEqual(settings)
  })
})

describe('projections', () => {
  test('come from the key', () => {
    const made = projectionsOfAdapter(decodeAdapter(bytes, config))
    const expected = projections({ key: 7, rank: 4, maxIn: 160, maxOut: 64 })
    expect(made?.A).toEqual(expected.A)
    expect(made?.B).toEqual(expected.B)
  })

  test('that are stored win over the key', () => {
    const stored = projectionsOf(4, new Float32Array(4 * 160).fill(2), new Float32Array(64 * 4).fill(3))
    const decoded = decodeAdapter(encodeAdapter(settings, layout, vectors, stored), config)
    expect(decoded.vectors).toEqual(vectors)
    expect(projectionsOfAdapter(decoded)?.A).toEqual(stored.A)
    expect(projectionsOfAdapter(decoded)?.rowsOfB(2)).toEqual(new Float32Array(8).fill(3))
  })

  test('of which one is missing are incomplete', () => {
    const half = changed((tensors) => {
      tensors.set('base_model.vera_A', {
        dtype: 'F32',
        shape: [4, 160],
        bytes: new Uint8Array(4 * 160 * 4),
      })
    })
    expect(() => decodeAdapter(half, config)).toThrow(failure('adapter-incomplete'))
  })
})

describe('the base model', () => {
  test('is checked by its hash', () => {
    expect(() => checkBaseModel(settings, 'a'.repeat(64))).not.toThrow()
    expect(() => checkBaseModel(settings, 'c'.repeat(64))).toThrow(failure('adapter-wrong-model'))
  })

  test('of another shape is refused, whatever its hash', () => {
    expect(() => decodeAdapter(bytes, llamaConfig({ headDim: 24 }))).toThrow(failure('adapter-shape'))
    expect(() => decodeAdapter(bytes, llamaConfig({ layerCount: 1 }))).toThrow(failure('adapter-targets'))
  })
})

describe('damage', () => {
  const lambda = 'base_model.model.model.layers.1.self_attn.q_proj.vera_lambda_d'

  test('a missing tensor', () => {
    const file = changed((tensors) => tensors.delete(lambda))
    expect(() => decodeAdapter(file, config)).toThrow(failure('adapter-incomplete'))
    expect(() => decodeAdapter(file, config)).toThrow(/q_proj\.vera_lambda_d/)
  })

  test('a tensor of another size', () => {
    const file = changed((tensors) => {
      tensors.set(lambda, { dtype: 'F32', shape: [3], bytes: new Uint8Array(12) })
    })
    expect(() => decodeAdapter(file, config)).toThrow(failure('adapter-shape'))
  })

  test('numbers that are not finite', () => {
    const values = new Uint8Array(Float32Array.of(1, NaN, 1, 1).buffer)
    const file = changed((tensors) => {
      tensors.set(lambda, { dtype: 'F32', shape: [4], bytes: values })
    })
    expect(() => decodeAdapter(file, config)).toThrow(failure('adapter-broken'))
  })

  test('an element type that holds no vectors', () => {
    const file = changed((tensors) => {
      tensors.set(lambda, { dtype: 'I32', shape: [4], bytes: new Uint8Array(16) })
    })
    expect(() => decodeAdapter(file, config)).toThrow(failure('adapter-unsupported'))
  })

  test.each([
    { rank: 0 },
    { rank: 2.5 },
    { rank: 1e9 },
    { rank: '4' },
    { targets: ['lm_head'] },
    { targets: 'q_proj' },
    { layers: [0.5] },
    { layers: undefined },
    { projectionKey: null },
    { dInitial: 'much' },
    { baseModelHash: 5 },
    { formatVersion: 0 },
  ])('settings that make no sense: %j', (change) => {
    const file = changedSettings(change)
    expect(() => readAdapterSettings(file)).toThrow(failure('adapter-broken'))
  })

  test('settings of a newer version', () => {
    const file = changedSettings({ formatVersion: 4 })
    expect(() => readAdapterSettings(file)).toThrow(failure('adapter-version'))
  })

  test('no settings, or none that are JSON', () => {
    const none = changed((_, metadata) => metadata.delete('veranda'))
    expect(() => readAdapterSettings(none)).toThrow(failure('adapter-broken'))
    for (const text of ['{', '[]', 'null', '3']) {
      const file = changed((_, metadata) => metadata.set('veranda', text))
      expect(() => readAdapterSettings(file)).toThrow(failure('adapter-broken'))
    }
  })

  test('a file that was cut off anywhere', () => {
    for (let length = 0; length < bytes.length; length += 97) {
      expect(() => decodeAdapter(bytes.subarray(0, length), config)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^safetensors-/) }),
      )
    }
  })
})
