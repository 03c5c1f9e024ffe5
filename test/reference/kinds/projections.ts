import { join } from 'node:path'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import type { Graph } from '../../../src-main/core/graph/graph.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { float32Data } from '../../../src-main/core/graph/runtime.ts'
import { lowerGraph } from '../../../src-main/core/llama/lower-graph.ts'
import { adaptGraph } from '../../../src-main/core/vera/adapted-linear.ts'
import type { VeraLayout } from '../../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projections as makeProjections, type Projections } from '../../../src-main/core/vera/projections.ts'
import { Check } from '../check.ts'
import { readJson, Tensors } from '../fixtures.ts'
import { runtime } from '../imported-model.ts'
import type { ReferenceKind } from '../kind.ts'

interface Hashed {
  readonly sha256: string
}
interface Layer {
  readonly name: string
  readonly in: number
  readonly out: number
  readonly A_slice: Hashed
  readonly B_slice: Hashed
  readonly A_if_made_at_own_size_sha256: string
}
interface Fixture {
  readonly single: readonly {
    readonly tag: string
    readonly projection_prng_key: number
    readonly r: number
    readonly in_features: number
    readonly out_features: number
    readonly vera_A: Hashed
    readonly vera_B: Hashed
  }[]
  readonly mixed: readonly {
    readonly projection_prng_key: number
    readonly r: number
    readonly vera_A: Hashed
    readonly vera_B: Hashed
    readonly layers: readonly Layer[]
  }[]
}

/** A and B of a key, their slices for layers of several shapes, and the weights that they add. */
export const projections: ReferenceKind = {
  name: 'projections',
  path: 'projections',
  async check(reference) {
    const check = new Check()
    const { single, mixed } = readJson<Fixture>(join(reference, 'projections', 'projections.json'))
    const tensors = new Tensors(join(reference, 'projections', 'projections.safetensors'))
    for (const entry of single) {
      const { tag, projection_prng_key: key, r: rank, in_features: maxIn, out_features: maxOut } = entry
      const { A, B } = makeProjections({ key, rank, maxIn, maxOut })
      check.hash(`${tag} A`, A, entry.vera_A.sha256)
      check.hash(`${tag} B`, B, entry.vera_B.sha256)
      for (const [name, matrix] of [
        [`${tag}/A_first2rows`, A],
        [`${tag}/B_first2rows`, B],
      ] as const) {
        const rows = tensors.floats(name)
        check.sameBits(name, matrix.subarray(0, rows.length), rows)
      }
    }
    for (const [index, { projection_prng_key: key, r: rank, vera_A, vera_B, layers }] of mixed.entries()) {
      const maxIn = Math.max(...layers.map((layer) => layer.in))
      const maxOut = Math.max(...layers.map((layer) => layer.out))
      const shared = makeProjections({ key, rank, maxIn, maxOut })
      check.hash(`mixed${index} A`, shared.A, vera_A.sha256)
      check.hash(`mixed${index} B`, shared.B, vera_B.sha256)
      check.sameBits(`mixed${index} A, every value`, shared.A, tensors.floats(`mixed${index}/vera_A`))
      check.sameBits(`mixed${index} B, every value`, shared.B, tensors.floats(`mixed${index}/vera_B`))
      for (const layer of layers) {
        const name = `mixed${index}/${layer.name}`
        check.hash(`${name} A slice`, shared.columnsOfA(layer.in), layer.A_slice.sha256)
        check.hash(`${name} B slice`, shared.rowsOfB(layer.out), layer.B_slice.sha256)
        const own = makeProjections({ key, rank, maxIn: layer.in, maxOut: layer.out })
        check.hash(`${name} A of its own size`, own.A, layer.A_if_made_at_own_size_sha256)
        const delta = await deltaWeight(rank, layer, shared, tensors, name)
        check.close(`${name} delta`, delta, tensors.floats(`${name}/delta_weight`), { absolute: 1e-6 })
      }
    }
    return check.outcome()
  },
}

/** What a layer's adapter adds to its weights, `[out, in]`: an adapted layer of zero weights over the identity. */
async function deltaWeight(
  rank: number,
  { in: inFeatures, out: outFeatures }: Layer,
  shared: Projections,
  tensors: Tensors,
  name: string,
): Promise<Float32Array> {
  const lambdaD = tensors.floats(`${name}/lambda_d`)
  const lambdaB = tensors.floats(`${name}/lambda_b`)
  const vectors = Float32Array.of(...lambdaD, ...lambdaB)
  const site = {
    layer: 0,
    kind: 'q_proj',
    module: name,
    inFeatures,
    outFeatures,
    rank,
    scale: 1,
    projectionSet: 0,
    parts: [
      { name: 'lambda_d', start: 0, length: rank, shape: [rank] },
      { name: 'lambda_b', start: rank, length: outFeatures, shape: [outFeatures] },
    ],
  } as const
  const layout: VeraLayout = {
    method: 'vera',
    rank,
    sites: [site],
    length: vectors.length,
    maxIn: inFeatures,
    maxOut: outFeatures,
  }
  const { projectionFeeds } = liveAdapter(layout, vectors, shared)
  const session = await runtime.open(adaptedZeros(layout, name))
  const results = await session.run({
    ...projectionFeeds,
    'vera.lambda': { data: vectors, shape: [vectors.length] },
    x: { data: identity(inFeatures), shape: [inFeatures, inFeatures] },
    W: { data: new Float32Array(outFeatures * inFeatures), shape: [outFeatures, inFeatures] },
  })
  await session.close()
  const transposed = float32Data(results['y'], 'y')
  return Float32Array.from(transposed, (_, place) => {
    const [row, column] = [Math.floor(place / inFeatures), place % inFeatures]
    return transposed[column * outFeatures + row] ?? Number.NaN
  })
}

/** Inputs `x [N, in]`, `W [out, in]` and those of the adapter; output `y [N, out]`. */
function adaptedZeros(layout: VeraLayout, module: string): Graph {
  const { maxIn, maxOut } = layout
  const plain = new GraphBuilder('linear')
  plain.output(op.linear(plain, plain.input('x', 'float32', ['N', maxIn]), module, maxIn, maxOut), 'y')
  return lowerGraph(adaptGraph(plain.finish(), layout), (g) => ({
    kind: 'matrix',
    matrix: g.input('W', 'float32', [maxOut, maxIn]),
  }))
}

function identity(size: number): Float32Array {
  const matrix = new Float32Array(size * size)
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1
  return matrix
}
