import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { configFromHuggingFace } from '../../../src-main/core/llama/config-from-huggingface.ts'
import { lowerGraph } from '../../../src-main/core/llama/lower-graph.ts'
import { adaptGraph } from '../../../src-main/core/vera/adapted-linear.ts'
import {
  decodeAdapter,
  encodeAdapter,
  projectionsOfAdapter,
} from '../../../src-main/core/vera/adapter-file.ts'
import { namedParts } from '../../../src-main/core/vera/adapter-tensors.ts'
import { layoutVera, type VeraSite } from '../../../src-main/core/vera/layout.ts'
import { adapterFeeds, liveAdapter, type LiveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import {
  readPeftAdapter,
  writePeftAdapter,
  type PeftAdapter,
} from '../../../src-main/core/vera/peft-adapter.ts'
import type { Projections } from '../../../src-main/core/vera/projections.ts'
import { rand, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { toLora, type PortableAdapter } from '../../../src-main/core/vera/to-lora.ts'
import { runGraph } from '../graph/run-graph.ts'
import {
  largestDifference,
  referenceBytes,
  referenceJson,
  referenceTensors,
  referenceText,
  sha256,
  tensorNamed,
} from '../reference-data.ts'
import { llamaConfig } from './llama-config.ts'

interface Entry {
  base: string
  kind: string
  config_options: { save_projection?: boolean }
  tensors: Record<string, [string, number[]]>
  A_B_in_use?: { vera_A: { sha256: string }; vera_B: { sha256: string } }
}

const { adapters } = referenceJson<{ adapters: Record<string, Entry> }>('peft-adapters/adapters.json')

/** The base model's biases. */
function baseBias(base: string) {
  const weights = referenceTensors(`tiny-llama/${base}/model.safetensors`)
  return (name: string, count: number) => tensorNamed(weights, name).subarray(0, count)
}

function read(name: string): PeftAdapter {
  const entry = adapters[name]
  if (entry === undefined) throw new Error(`The fixture has no adapter ${name}.`)
  return readPeftAdapter(
    referenceText(`peft-adapters/${name}/adapter_config.json`),
    referenceBytes(`peft-adapters/${name}/adapter_model.safetensors`),
    configFromHuggingFace(referenceJson(`tiny-llama/${entry.base}/config.json`)),
    baseBias(entry.base),
  )
}

/** Put on a float32 base, an unsaved A and B over a bf16 base are not rounded, but the fixture's sums are. */
const roundedByBase = new Set(['vera_bf16_base_unsaved'])

const noBias = (module: string): never => {
  throw new Error(`The bias of ${module} is asked for.`)
}

describe('adapters that PEFT saved', () => {
  test.each(Object.keys(adapters))('%s', (name) => {
    const adapter = read(name)
    const tensors = referenceTensors(`peft-adapters/${name}/adapter_model.safetensors`)
    const { layout, vectors } = adapter
    const parts = namedParts(layout, 'whole')
    const own = [...tensors.keys()].filter((tensor) => !/vera_[AB]$|base_layer.weight$/.test(tensor))
    expect(parts.map(({ tensorName }) => tensorName).toSorted()).toEqual(own.toSorted())
    for (const { name: part, tensorName, start, length } of parts) {
      if (part === 'bias') continue
      expect(vectors.subarray(start, start + length)).toEqual(tensorNamed(tensors, tensorName))
    }
    const made = projectionsOfAdapter(adapter)
    const inUse = adapters[name]?.A_B_in_use
    if (made !== null && !roundedByBase.has(name)) {
      expect(sha256(made.A)).toBe(inUse?.vera_A.sha256)
      expect(sha256(made.B)).toBe(inUse?.vera_B.sha256)
    }
  })
})

describe('which layers', () => {
  test.each([
    ['vera_layer1_only', ['q_proj', 'k_proj', 'up_proj'], [1]],
    ['vera_regex', ['k_proj', 'o_proj'], [0]],
    ['vera_qv', ['q_proj', 'v_proj'], null],
    ['vera_mlp_r5', ['gate_proj', 'up_proj', 'down_proj'], null],
  ])('%s', (name, targets, layers) => {
    expect(read(name).settings).toMatchObject({ targets, layers })
  })

  test('full names are adapted whatever layers_to_transform says', () => {
    expect(read('vera_all_linear_ignores_layers').settings.layers).toBeNull()
  })
})

describe('the output layer', () => {
  const folder = 'peft-adapters/vera_with_lm_head'
  const config = configFromHuggingFace(referenceJson('tiny-llama/untied-llama3/config.json'))

  test('is a site above the layers, of its own rank', () => {
    const { settings, layout } = read('vera_with_lm_head')
    expect(settings).toMatchObject({ targets: ['o_proj'], outputRank: 8 })
    expect(layout).toMatchObject({ maxIn: 64, maxOut: 256 })
    expect(layout.sites.at(-1)).toMatchObject({ layer: 2, module: 'lm_head', outFeatures: 256, rank: 8 })
  })

  test('is refused where the adapter brings weights of its own for it', () => {
    const other = (_name: string, count: number) => new Float32Array(count).fill(0.5)
    expect(() =>
      readPeftAdapter(
        referenceText(`${folder}/adapter_config.json`),
        referenceBytes(`${folder}/adapter_model.safetensors`),
        config,
        other,
      ),
    ).toThrow(/an output layer of its own/)
  })

  test('is kept in a file of our own, which older versions don’t take for theirs', () => {
    const { settings, layout, vectors } = read('vera_with_lm_head')
    const own = { ...settings, baseModelHash: 'a', chatTemplateHash: 'b', createdBy: 'test' }
    const bytes = encodeAdapter(own, layout, vectors)
    expect(new TextDecoder().decode(bytes)).toContain('formatVersion\\":3')
    const again = decodeAdapter(bytes, config)
    expect(again.layout).toEqual(layout)
    expect(again.vectors).toEqual(vectors)
  })
})

describe('saved projections', () => {
  test('are kept where the seed would give others', () => {
    const { storedProjections } = read('vera_saved_AB_not_from_seed')
    expect(storedProjections).not.toBeNull()
    expect(read('vera_bf16_base_saved').storedProjections).not.toBeNull()
  })

  test('are left to the seed where it gives the same', () => {
    expect(read('vera_all_linear_saved').storedProjections).toBeNull()
  })
})

test('the settings and the name of the base', () => {
  const adapter = read('vera_mlp_r5')
  expect(adapter.settings).toMatchObject({ rank: 5, projectionKey: 11, dInitial: 0.1 })
  expect(adapter.baseModelName).toBe('tiny-llama/untied-llama3')
})

describe('changed configs', () => {
  const name = 'vera_all_linear_saved'
  const config = referenceJson<Record<string, unknown>>(`peft-adapters/${name}/adapter_config.json`)
  const bytes = referenceBytes(`peft-adapters/${name}/adapter_model.safetensors`)
  const readChanged = (change: object): PeftAdapter =>
    readPeftAdapter(JSON.stringify({ ...config, ...change }), bytes, llamaConfig({}), noBias)

  test.each([
    ['a whole module', { modules_to_save: ['lm_head'] }, 'adapter-unsupported'],
    ['a layers_pattern of another model', { layers_pattern: 'h' }, 'adapter-unsupported'],
    ['an expression only Python reads', { target_modules: '(?P<x>q_proj)(?P=x)' }, 'adapter-unsupported'],
    ['an expression without end', { target_modules: 'a'.repeat(20_000) }, 'adapter-unsupported'],
    ['modules the model does not have', { target_modules: ['c_attn'] }, 'adapter-unsupported'],
    ['fewer modules than the file', { target_modules: ['q_proj'] }, 'adapter-unsupported'],
    ['another rank', { r: 7 }, 'adapter-shape'],
    ['a rank that is none', { r: -1 }, 'adapter-broken'],
    ['a key that is none', { projection_prng_key: 0.5 }, 'adapter-broken'],
    ['no targets', { target_modules: null }, 'adapter-broken'],
    ['layers that are none', { target_modules: ['q_proj'], layers_to_transform: ['1'] }, 'adapter-broken'],
  ])('%s', (_, change, code) => {
    expect(() => readChanged(change)).toThrow(expect.objectContaining({ code }))
  })

  test.each([{ target_modules: 'q_proj' }, { target_modules: ['proj'] }])('%j adapts nothing', (change) => {
    expect(() => readChanged(change)).toThrow(/none of the linear layers/)
  })

  test('a config that is no JSON', () => {
    expect(() => readPeftAdapter('{', bytes, llamaConfig({}), noBias)).toThrow(
      expect.objectContaining({ code: 'adapter-broken' }),
    )
  })

  test('one layer as a number, and the layers pattern of Llama', () => {
    const one = referenceText('peft-adapters/vera_layer1_only/adapter_config.json')
    const changed = JSON.stringify({
      ...(JSON.parse(one) as object),
      layers_to_transform: 1,
      layers_pattern: ['layers'],
    })
    const tensors = referenceBytes('peft-adapters/vera_layer1_only/adapter_model.safetensors')
    expect(readPeftAdapter(changed, tensors, llamaConfig({}), noBias).settings.layers).toEqual([1])
  })

  test('projections that should be there but are not', () => {
    const unsaved = referenceText('peft-adapters/vera_qv/adapter_config.json')
    const claims = JSON.stringify({ ...(JSON.parse(unsaved) as object), save_projection: true })
    const tensors = referenceBytes('peft-adapters/vera_qv/adapter_model.safetensors')
    const untied = configFromHuggingFace(referenceJson('tiny-llama/untied-llama3/config.json'))
    expect(() => readPeftAdapter(claims, tensors, untied, noBias)).toThrow(
      expect.objectContaining({ code: 'adapter-incomplete' }),
    )
  })
})

describe('what is written for PEFT', () => {
  const options = { baseModelName: 'base', savesProjections: false }
  const baseOf = (name: string) => adapters[name]?.base ?? ''
  const configOf = (name: string) =>
    configFromHuggingFace(referenceJson(`tiny-llama/${baseOf(name)}/config.json`))
  const written = (name: string, adapter: PeftAdapter, savesProjections = false) =>
    writePeftAdapter(adapter, { ...options, savesProjections }, baseBias(baseOf(name)))
  const readAgain = (name: string, { config, tensors }: ReturnType<typeof written>) =>
    readPeftAdapter(config, tensors, configOf(name), baseBias(baseOf(name)))

  test.each(Object.keys(adapters))('%s comes back as it was', (name) => {
    const adapter = read(name)
    const again = readAgain(name, written(name, adapter))
    expect(again.layout).toEqual(adapter.layout)
    expect(again.settings).toEqual(adapter.settings)
    expect(again.baseModelName).toBe('base')
    expect(again.storedProjections?.A).toEqual(adapter.storedProjections?.A)
    expect(largestDifference(again.vectors, adapter.vectors)).toBeLessThan(1e-6)
    // What no bias is added to keeps its bits.
    if (adapter.settings.bias === 'none') expect(again.vectors).toEqual(adapter.vectors)
  })

  test('has the tensors that PEFT had', () => {
    for (const name of ['vera_bias_all', 'lora_all_linear', 'vera_saved_AB_not_from_seed']) {
      const { tensors } = written(name, read(name))
      const file = readSafetensors(memorySource(tensors))
      const expected = referenceTensors(`peft-adapters/${name}/adapter_model.safetensors`)
      expect([...file.tensors.keys()].toSorted()).toEqual([...expected.keys()].toSorted())
      expect(file.metadata.get('format')).toBe('pt')
    }
  })

  test('holds the projections if asked to', () => {
    const { config, tensors } = written('vera_qv', read('vera_qv'), true)
    expect(JSON.parse(config)).toMatchObject({ save_projection: true, peft_type: 'VERA' })
    expect(readSafetensors(memorySource(tensors)).tensors.has('base_model.vera_A')).toBe(true)
    // They are those of the key.
    expect(readAgain('vera_qv', { config, tensors }).storedProjections).toBeNull()
  })

  const base = llamaConfig({})
  const irregular = (method: 'vera' | 'lora') => {
    const ranks = { '1.k_proj': 0, '0': 2, v_proj: 3 }
    const settings = {
      method,
      rank: 5,
      targets: ['q_proj', 'k_proj', 'v_proj', 'down_proj'] as const,
      layers: null,
      ranks,
      bias: 'none' as const,
      alpha: 6,
      rsLora: true,
      projectionKey: 4,
      dInitial: 0.1,
      dropout: 0.25,
    }
    const layout = layoutVera(base, settings)
    const vectors = rand(new TorchGenerator(2), layout.length).map((value) => value - 0.5)
    return { settings, layout, vectors, storedProjections: null }
  }

  test('LoRA with ranks that differ comes back with its scales', () => {
    const adapter = irregular('lora')
    const { config, tensors } = writePeftAdapter(adapter, options, noBias)
    const again = readPeftAdapter(config, tensors, base, noBias)
    expect(again.layout).toEqual(adapter.layout)
    expect(again.vectors).toEqual(adapter.vectors)
    expect(again.settings).toMatchObject({ alpha: 6, rsLora: true, dropout: 0.25 })
  })

  test('VeRA with ranks that differ is refused as such, and exact as LoRA', async () => {
    const adapter = irregular('vera')
    expect(() => writePeftAdapter(adapter, options, noBias)).toThrow(
      expect.objectContaining({ code: 'adapter-not-peft', message: expect.stringContaining('LoRA') }),
    )
    const lora = toLora(adapter, base)
    const { config, tensors } = writePeftAdapter(lora, options, noBias)
    const again = readPeftAdapter(config, tensors, base, noBias)
    const deltas = async ({ layout, vectors }: PortableAdapter, projections: Projections | null) =>
      Promise.all(layout.sites.map((site) => deltaOf(site, liveAdapter(layout, vectors, projections))))
    const [expected, actual] = [
      await deltas(adapter, projectionsOfAdapter(adapter)),
      await deltas(again, null),
    ]
    expect(actual.length).toBe(expected.length)
    for (const [index, delta] of expected.entries()) {
      expect(delta.some((value) => Math.abs(value) > 1e-3)).toBe(true)
      expect(largestDifference(actual[index] ?? new Float32Array(0), delta)).toBeLessThan(1e-6)
    }
  })
})

/** What a site adds to `x`, a row of ones over a layer of no weight. */
async function deltaOf(site: VeraSite, live: LiveAdapter): Promise<Float32Array> {
  const { inFeatures, outFeatures, module } = site
  const plain = new GraphBuilder('linear')
  const x = plain.input('x', 'float32', ['N', inFeatures])
  plain.output(op.linear(plain, x, module, inFeatures, outFeatures), 'y')
  const graph = lowerGraph(adaptGraph(plain.finish(), live.layout), (g) => ({
    kind: 'matrix',
    matrix: g.input('W', 'float32', [outFeatures, inFeatures]),
  }))
  const { y } = await runGraph(graph, {
    ...adapterFeeds(live),
    x: { data: new Float32Array(inFeatures).fill(1), shape: [1, inFeatures] },
    W: { data: new Float32Array(outFeatures * inFeatures), shape: [outFeatures, inFeatures] },
  })
  return y ?? new Float32Array(0)
}

describe('other LoRAs', () => {
  const lora = referenceJson<object>('peft-adapters/lora_all_linear/adapter_config.json')
  test.each([
    [{ use_dora: true }, /DoRA/],
    [{ alpha_pattern: { q_proj: 4 } }, /alpha_pattern/],
    [{ layer_replication: [[0, 2]] }, /layer_replication/],
    [{ lora_bias: true }, /lora_bias/],
    [{ trainable_token_indices: [1] }, /trainable_token_indices/],
    [{ peft_type: 'IA3' }, /method is "IA3"/],
  ])('%j are refused by name', (change, why) => {
    const config = JSON.stringify({ ...lora, ...change })
    const bytes = referenceBytes('peft-adapters/lora_all_linear/adapter_model.safetensors')
    expect(() => readPeftAdapter(config, bytes, llamaConfig({}), noBias)).toThrow(why)
  })
})
