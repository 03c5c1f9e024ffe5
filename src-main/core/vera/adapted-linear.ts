import { GraphBuilder } from '../graph/builder.ts'
import { type Graph, intAttribute, stringAttribute, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { type Replacement, rewrite } from '../graph/rewrite.ts'
import { declareDropout, type DropoutOf } from './dropout.ts'
import type { SitePart, VeraLayout, VeraSite } from './layout.ts'

/**
 * What is added to a linear layer, `λ_b ⊙ (B (λ_d ⊙ (A x)))`, as values of a graph. VeRA trains the vectors over
 * shared matrices; LoRA trains the matrices of each layer, its λ_d is the number alpha / r and it has no λ_b.
 */
export interface LowRankBranch {
  /** `[rank, in]`; this and B may be in whole numbers, see `whole-projections.ts` */
  readonly A: Value
  /** `[rank]` or a number */
  readonly lambdaD: Value
  /** `[out, rank]` */
  readonly B: Value
  /** `[out]` */
  readonly lambdaB: Value | null
}

export interface AdaptedSite {
  /** One an adapter: several of a blend, none where only the bias is trained. */
  readonly branches: readonly LowRankBranch[]
  /** `[out]`, what was trained on top of the layer's own bias. */
  readonly bias: Value | null
  /** The sites' parts as pieces of the flat vector, in its order. */
  readonly trained: readonly Value[]
}

/** The name under which a graph takes the adapter's flat vector. */
export const lambdaInput = 'vera.lambda'

/** The names under which a graph takes the slices of the projections that its layers need. */
export const projectionInput = (matrix: 'A' | 'B', size: number, rank: number, set = 0): string =>
  `vera.${matrix}.${size}.${rank}${set === 0 ? '' : `.${set}`}`

/** How a graph takes an adapter. */
export interface AdapterForm {
  /** The name of the rows where each has vectors of its own: then `vera.lambda [rows, length]`; VeRA only. */
  readonly rows?: string
  /** Whether projections are in whole numbers: see `whole-projections.ts`. */
  readonly whole?: boolean
}

/**
 * Declares the adapter's inputs: `vera.lambda [length]`, the flat vector in the layout's order, and for VeRA the
 * projections' slices `vera.A.<in>.<rank> [rank, in]`, `vera.B.<out>.<rank> [out, rank]` (those of a blend's later
 * adapters end in their number). Returns the sites by module.
 */
export function declareAdapter(
  g: GraphBuilder,
  layout: VeraLayout,
  { rows, whole = false }: AdapterForm = {},
): ReadonlyMap<string, AdaptedSite> {
  const vector = g.input(lambdaInput, 'float32', rows === undefined ? [layout.length] : [rows, layout.length])
  const once = new Map<string, Value>()
  const projection = (matrix: 'A' | 'B', size: number, { rank, projectionSet }: VeraSite): Value => {
    const name = projectionInput(matrix, size, rank, projectionSet)
    const [height, width] = matrix === 'A' ? [rank, size] : [size, rank]
    const value =
      once.get(name) ??
      (whole ? g.input(name, 'uint8', [height, 2 * width]) : g.input(name, 'float32', [height, width]))
    once.set(name, value)
    return value
  }
  const declare = (site: VeraSite): AdaptedSite => {
    const pieces = new Map(
      site.parts.map(({ name, start, length }) => [
        name,
        rows === undefined
          ? op.part(g, vector, start, length)
          : op.slice(g, vector, 1, start, start + length),
      ]),
    )
    const piece = (name: SitePart['name']): Value | null => {
      const value = pieces.get(name)
      const shape = site.parts.find((part) => part.name === name)?.shape ?? []
      return value === undefined ? null : shape.length === 1 ? value : op.reshape(g, value, shape)
    }
    const [lambdaD, lambdaB] = [piece('lambda_d'), piece('lambda_b')]
    const [A, B] = [piece('lora_A'), piece('lora_B')]
    const branch =
      A !== null && B !== null
        ? { A, B, lambdaD: g.float32(site.scale), lambdaB: null }
        : lambdaD !== null && lambdaB !== null
          ? {
              A: projection('A', site.inFeatures, site),
              B: projection('B', site.outFeatures, site),
              lambdaD,
              lambdaB,
            }
          : null
    return { branches: branch === null ? [] : [branch], bias: piece('bias'), trained: [...pieces.values()] }
  }
  const sites = new Map<string, AdaptedSite>()
  for (const site of layout.sites) {
    const before = sites.get(site.module)
    sites.set(site.module, before === undefined ? declare(site) : together(g, before, declare(site)))
  }
  return sites
}

/** What two adapters do to one layer. */
function together(g: GraphBuilder, one: AdaptedSite, other: AdaptedSite): AdaptedSite {
  return {
    branches: [...one.branches, ...other.branches],
    bias:
      one.bias !== null && other.bias !== null ? op.add(g, one.bias, other.bias) : (one.bias ?? other.bias),
    trained: [...one.trained, ...other.trained],
  }
}

/**
 * The rewrite: in the layers of `sites`, `W x` becomes `W x + λ_b ⊙ (B (λ_d ⊙ (A x)))` (arXiv 2310.11454, equation
 * 2; arXiv 2106.09685, equation 3), and a trained bias is added. Layers with the same input and A share `A x`; with
 * dropout none do, as each draws its own.
 */
export function adaptLinears(
  sites: ReadonlyMap<string, AdaptedSite>,
  dropoutOf: DropoutOf | null = null,
): Replacement {
  const projected = new Map<Value, Map<Value, Value>>()
  const project = (g: GraphBuilder, module: string, x: Value, A: Value): Value => {
    if (dropoutOf !== null) return op.project(g, dropoutOf(g, module, x), A)
    const ofInput = projected.get(x) ?? new Map<Value, Value>()
    projected.set(x, ofInput)
    const z = ofInput.get(A) ?? op.project(g, x, A)
    ofInput.set(A, z)
    return z
  }
  return (g, node, [x]) => {
    if (node.op !== 'Linear' || x === undefined) return null
    const module = stringAttribute(node, 'module')
    const site = sites.get(module)
    if (site === undefined) return null
    // The projection comes first on the tape, as those that share it are found there.
    const updates = site.branches.map((branch) => ({ ...branch, z: project(g, module, x, branch.A) }))
    const [first = null, ...others] = updates
    const [inFeatures, outFeatures] = [intAttribute(node, 'inFeatures'), intAttribute(node, 'outFeatures')]
    const adapted = op.linear(g, x, module, inFeatures, outFeatures, first)
    const y = others.reduce((sum, update) => op.addUpdate(g, sum, update), adapted)
    return site.bias === null ? y : op.add(g, y, site.bias)
  }
}

/** A graph with the adapter's inputs (see `declareAdapter`) in which the linear layers of the layout are adapted. */
export function adaptGraph(graph: Graph, layout: VeraLayout, form: AdapterForm = {}): Graph {
  const g = new GraphBuilder(graph.name)
  return rewrite(graph, adaptLinears(declareAdapter(g, layout, form)), g)
}

/** The sites and the rewrite of one layer's training graph, with dropout of the given rate (0 is off). */
export function declareTrained(
  g: GraphBuilder,
  layout: VeraLayout,
  dropoutRate: number,
): { readonly sites: readonly AdaptedSite[]; readonly replace: Replacement } {
  const sites = declareAdapter(g, layout)
  const dropoutOf = dropoutRate > 0 ? declareDropout(g, layout, dropoutRate) : null
  return { sites: [...sites.values()], replace: adaptLinears(sites, dropoutOf) }
}
