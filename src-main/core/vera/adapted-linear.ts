import { GraphBuilder } from '../graph/builder.ts'
import { type Graph, stringAttribute, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { type Replacement, rewrite } from '../graph/rewrite.ts'
import type { VeraLayout } from './layout.ts'

/** An adapted linear layer's vectors and projections as values of a graph. */
export interface AdaptedSite {
  /** `[rank]` */
  readonly lambdaD: Value
  /** `[out]` */
  readonly lambdaB: Value
  /** `A[:, :in]`, `[rank, in]` */
  readonly A: Value
  /** `B[:out, :]`, `[out, rank]` */
  readonly B: Value
}

/** The name under which a graph takes the adapter's flat vector. */
export const lambdaInput = 'vera.lambda'

/** The names under which a graph takes the slices of the projections that its layers need. */
export const projectionInput = (matrix: 'A' | 'B', size: number): string => `vera.${matrix}.${size}`

/**
 * Declares the adapter's inputs: `vera.lambda [length]`, the flat vector in the layout's order, and the
 * projections' slices `vera.A.<in> [rank, in]`, `vera.B.<out> [out, rank]`. Returns the sites by module.
 */
export function declareAdapter(g: GraphBuilder, layout: VeraLayout): ReadonlyMap<string, AdaptedSite> {
  const { rank, sites } = layout
  const lambda = g.input(lambdaInput, 'float32', [layout.length])
  const once = new Map<string, Value>()
  const projection = (matrix: 'A' | 'B', size: number): Value => {
    const name = projectionInput(matrix, size)
    const value = once.get(name) ?? g.input(name, 'float32', matrix === 'A' ? [rank, size] : [size, rank])
    once.set(name, value)
    return value
  }
  return new Map(
    sites.map((site) => [
      site.module,
      {
        lambdaD: op.slice(g, lambda, 0, site.lambdaD, site.lambdaD + rank),
        lambdaB: op.slice(g, lambda, 0, site.lambdaB, site.lambdaB + site.outFeatures),
        A: projection('A', site.inFeatures),
        B: projection('B', site.outFeatures),
      },
    ]),
  )
}

/**
 * The VeRA rewrite: `W x` becomes `W x + λ_b ⊙ (B (λ_d ⊙ (A x)))` in the layers of `sites`
 * (arXiv 2310.11454, equation 2). Layers with the same input share `A x`.
 */
export function adaptLinears(sites: ReadonlyMap<string, AdaptedSite>): Replacement {
  const projected = new Map<Value, Map<Value, Value>>()
  return (g, node, [x]) => {
    if (node.op !== 'Linear' || x === undefined) return null
    const module = stringAttribute(node, 'module')
    const site = sites.get(module)
    if (site === undefined) return null
    const ofInput = projected.get(x) ?? new Map<Value, Value>()
    projected.set(x, ofInput)
    const z = ofInput.get(site.A) ?? op.gemm(g, x, site.A, { b: true })
    ofInput.set(site.A, z)
    const { domain, attributes } = node
    const base = g.add('Linear', [x], { domain, attributes })
    const delta = op.gemm(g, op.mul(g, z, site.lambdaD), site.B, { b: true })
    return op.add(g, base, op.mul(g, delta, site.lambdaB))
  }
}

/** A graph with the adapter's inputs (see `declareAdapter`) in which the linear layers of the layout are adapted. */
export function adaptGraph(graph: Graph, layout: VeraLayout): Graph {
  const g = new GraphBuilder(graph.name)
  return rewrite(graph, adaptLinears(declareAdapter(g, layout)), g)
}
