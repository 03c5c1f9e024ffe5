import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import type { Tensor } from '../../../src-main/core/graph/runtime.ts'
import { lowerGraph } from '../../../src-main/core/llama/lower-graph.ts'
import { adaptGraph } from '../../../src-main/core/vera/adapted-linear.ts'
import {
  decodeAdapter,
  decodeAdapters,
  encodeAdapter,
  encodeAdapters,
  projectionsOfAdapter,
} from '../../../src-main/core/vera/adapter-file.ts'
import type { AdapterSettings } from '../../../src-main/core/vera/adapter-settings.ts'
import { addUp } from '../../../src-main/core/vera/blend.ts'
import { layerLayout, layoutVera, sitePart, type PartName } from '../../../src-main/core/vera/layout.ts'
import { adapterFeeds, liveAdapter, withStrength } from '../../../src-main/core/vera/live-adapter.ts'
import { rand, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { readSafetensors, writeSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { failureCode } from '../../app/failure-code.ts'
import { expectClose } from '../graph/close.ts'
import { runGraph } from '../graph/run-graph.ts'
import { llamaConfig } from './llama-config.ts'

const config = llamaConfig({ layerCount: 1 })
const size = config.hiddenSize

function adapter(seed: number, changes: Partial<AdapterSettings>) {
  const settings: AdapterSettings = {
    method: 'vera',
    rank: 3,
    targets: ['q_proj', 'down_proj'],
    layers: null,
    projectionKey: 0,
    dInitial: 0.1,
    baseModelHash: 'h',
    chatTemplateHash: '',
    createdBy: 'test',
    ...changes,
  }
  const layout = layoutVera(config, settings)
  const vectors = rand(new TorchGenerator(seed), layout.length).map((value) => value - 0.5)
  return { settings, layout, vectors, storedProjections: null }
}

/** Two VeRA adapters of one key and of another, with other ranks and layers, and a LoRA adapter. */
const three = [
  adapter(1, {}),
  adapter(2, { rank: 5, projectionKey: 9, targets: ['q_proj', 'k_proj'] }),
  adapter(3, { method: 'lora', rank: 2, alpha: 4, targets: ['q_proj', 'up_proj'] }),
]
const weights = [0.6, -0.25, 1.5]

const module = 'model.layers.0.self_attn.q_proj'

/** What an adapter adds to q_proj, in double precision and by the formula: `[size]`. */
function update({ settings, layout, vectors, storedProjections }: (typeof three)[number], x: Float32Array) {
  const site = layout.sites.find((one) => one.module === module)
  if (site === undefined) throw new Error('q_proj is not adapted')
  const values = (name: PartName): Float32Array | undefined => {
    const part = sitePart(site, name)
    return part === null ? undefined : vectors.subarray(part.start, part.start + part.length)
  }
  const projections = projectionsOfAdapter({ settings, layout, storedProjections })
  const A = values('lora_A') ?? projections?.columnsOfA(size, site.rank)
  const B = values('lora_B') ?? projections?.rowsOfB(size, site.rank)
  const [lambdaD, lambdaB] = [values('lambda_d'), values('lambda_b')]
  const z = Array.from({ length: site.rank }, (_, r) => {
    const sum = x.reduce((total, value, i) => total + value * (A?.[r * size + i] ?? 0), 0)
    return sum * (lambdaD?.[r] ?? site.scale)
  })
  return Array.from({ length: size }, (_, o) => {
    const sum = z.reduce((total, value, r) => total + value * (B?.[o * site.rank + r] ?? 0), 0)
    return sum * (lambdaB?.[o] ?? 1)
  })
}

const live = (index: number) => {
  const one = three[index] ?? adapter(0, {})
  return withStrength(liveAdapter(one.layout, one.vectors, projectionsOfAdapter(one)), weights[index] ?? 1)
}

describe('a blend', () => {
  test('adds up what its adapters add, each with its weight', async () => {
    const blend = addUp([live(0), live(1), live(2)])
    const g = new GraphBuilder('plain')
    g.output(op.linear(g, g.input('x', 'float32', ['N', size]), module, size, size), 'y')
    const graph = lowerGraph(adaptGraph(g.finish(), blend.layout), (builder, name) => ({
      kind: 'matrix',
      matrix: builder.input(name, 'float32', [size, size]),
    }))
    const x = rand(new TorchGenerator(7), size)
    const zeros: Tensor = { data: new Float32Array(size * size), shape: [size, size] }
    const given: Record<string, Tensor> = {
      ...adapterFeeds(blend),
      x: { data: x, shape: [1, size] },
      [module]: zeros,
    }
    const used = Object.fromEntries(
      graph.inputs.map(({ name }): [string, Tensor] => [name, given[name] ?? zeros]),
    )
    const expected = new Float64Array(size)
    for (const [index, one] of three.entries()) {
      update(one, x).forEach((value, o) => (expected[o] = (expected[o] ?? 0) + (weights[index] ?? 0) * value))
    }
    expect(Math.hypot(...expected)).toBeGreaterThan(0.1)
    expectClose((await runGraph(graph, used))['y'], expected, { absolute: 1e-5, relative: 1e-5 }, 'y')
  })

  test('keeps a layer’s parameters in one range, in the order of its sites', () => {
    const { layout } = addUp([live(0), live(1), live(2)])
    expect(layout.sites.map(({ kind, projectionSet }) => `${kind} ${projectionSet}`)).toEqual([
      'q_proj 0',
      'q_proj 1',
      'q_proj 2',
      'k_proj 1',
      'up_proj 2',
      'down_proj 0',
    ])
    const starts = layout.sites.flatMap(({ parts }) => parts.map(({ start }) => start))
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    expect(layerLayout(layout, 0, (kind) => kind).length).toBe(layout.length)
  })

  test('of one adapter is that adapter', () => {
    expect(addUp([live(0)])).toEqual(live(0))
    expect(() => addUp([])).toThrow(RangeError)
  })
})

describe('the file of a blend', () => {
  const bytes = encodeAdapters(three)

  test('gives back its adapters, bit for bit', () => {
    expect(decodeAdapters(bytes, config)).toMatchObject(three)
    const [first] = three
    if (first === undefined) throw new Error('there is none')
    const alone = encodeAdapter(first.settings, first.layout, first.vectors)
    expect(decodeAdapters(alone, config)).toMatchObject([first])
  })

  test('is never read as one adapter', async () => {
    expect(await failureCode(() => decodeAdapter(bytes, config))).toBe('adapter-blended')
  })

  test.each([
    ['no JSON', 'adapter-broken'],
    ['{"formatVersion":1,"parts":[]}', 'adapter-broken'],
    ['{"formatVersion":1,"parts":[7]}', 'adapter-broken'],
    ['{"formatVersion":2,"parts":["{}"]}', 'adapter-version'],
    ['{"formatVersion":1,"parts":["{}"]}', 'adapter-broken'],
  ])('is refused where its list is %s', async (list, code) => {
    const { tensors } = readSafetensors(memorySource(bytes))
    const data = [...tensors.values()].map(
      ({ name, dtype, shape, read }) => [name, { dtype, shape, bytes: read() }] as const,
    )
    const damaged = writeSafetensors(new Map(data), new Map([['veranda.blend', list]]))
    expect(await failureCode(() => decodeAdapters(damaged, config))).toBe(code)
  })
})
