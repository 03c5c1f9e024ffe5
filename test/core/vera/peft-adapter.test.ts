import { describe, expect, test } from 'vitest'
import { configFromHuggingFace } from '../../../src-main/core/llama/config-from-huggingface.ts'
import { projectionsOfAdapter } from '../../../src-main/core/vera/adapter-file.ts'
import { readPeftAdapter, type PeftAdapter } from '../../../src-main/core/vera/peft-adapter.ts'
import {
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

function read(name: string): PeftAdapter {
  const entry = adapters[name]
  if (entry === undefined) throw new Error(`The fixture has no adapter ${name}.`)
  return readPeftAdapter(
    referenceText(`peft-adapters/${name}/adapter_config.json`),
    referenceBytes(`peft-adapters/${name}/adapter_model.safetensors`),
    configFromHuggingFace(referenceJson(`tiny-llama/${entry.base}/config.json`)),
  )
}

/** What Veranda has no place for, and what it says of it. */
const unsupported: Record<string, RegExp> = {
  lora_all_linear: /method is "LORA"/,
  vera_bias_all: /biases \(bias: "all"\)/,
  vera_bias_vera_only: /biases \(bias: "vera_only"\)/,
  vera_with_lm_head: /lm_head/,
}

/** Put on a float32 base, an unsaved A and B over a bf16 base are not rounded, but the fixture's sums are. */
const roundedByBase = new Set(['vera_bf16_base_unsaved'])

describe('adapters that PEFT saved', () => {
  const readable = Object.keys(adapters).filter((name) => unsupported[name] === undefined)

  test.each(readable)('%s', (name) => {
    const adapter = read(name)
    const tensors = referenceTensors(`peft-adapters/${name}/adapter_model.safetensors`)
    const { layout, vectors } = adapter
    const vectorTensors = [...tensors.keys()].filter((tensor) => tensor.includes('.vera_lambda_'))
    expect(vectorTensors).toHaveLength(layout.sites.length * 2)
    for (const site of layout.sites) {
      const start = `base_model.model.${site.module}`
      const d = vectors.subarray(site.lambdaD, site.lambdaD + layout.rank)
      const b = vectors.subarray(site.lambdaB, site.lambdaB + site.outFeatures)
      expect(d).toEqual(tensorNamed(tensors, `${start}.vera_lambda_d`))
      expect(b).toEqual(tensorNamed(tensors, `${start}.vera_lambda_b`))
    }
    const { A, B } = projectionsOfAdapter(adapter)
    const inUse = adapters[name]?.A_B_in_use
    if (!roundedByBase.has(name)) {
      expect(sha256(A)).toBe(inUse?.vera_A.sha256)
      expect(sha256(B)).toBe(inUse?.vera_B.sha256)
    }
  })

  test.each(Object.entries(unsupported))('%s is refused, and why', (name, why) => {
    expect(() => read(name)).toThrow(why)
    expect(() => read(name)).toThrow(expect.objectContaining({ code: 'adapter-unsupported' }))
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
    readPeftAdapter(JSON.stringify({ ...config, ...change }), bytes, llamaConfig({}))

  test.each([
    ['a whole module', { modules_to_save: ['lm_head'] }, 'adapter-unsupported'],
    ['a layers_pattern of another model', { layers_pattern: 'h' }, 'adapter-unsupported'],
    ['an expression only Python reads', { target_modules: '(?P<x>q_proj)(?P=x)' }, 'adapter-unsupported'],
    ['an expression without end', { target_modules: 'a'.repeat(20_000) }, 'adapter-unsupported'],
    ['modules the model does not have', { target_modules: ['c_attn'] }, 'adapter-unsupported'],
    ['fewer modules than the file', { target_modules: ['q_proj'] }, 'adapter-unsupported'],
    [
      'kinds that differ by layer',
      { target_modules: ['model.layers.0.self_attn.q_proj', 'model.layers.1.self_attn.k_proj'] },
      'adapter-unsupported',
    ],
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
    expect(() => readPeftAdapter('{', bytes, llamaConfig({}))).toThrow(
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
    expect(readPeftAdapter(changed, tensors, llamaConfig({})).settings.layers).toEqual([1])
  })

  test('projections that should be there but are not', () => {
    const unsaved = referenceText('peft-adapters/vera_qv/adapter_config.json')
    const claims = JSON.stringify({ ...(JSON.parse(unsaved) as object), save_projection: true })
    const tensors = referenceBytes('peft-adapters/vera_qv/adapter_model.safetensors')
    const untied = configFromHuggingFace(referenceJson('tiny-llama/untied-llama3/config.json'))
    expect(() => readPeftAdapter(claims, tensors, untied)).toThrow(
      expect.objectContaining({ code: 'adapter-incomplete' }),
    )
  })
})
