import { fuseSums } from '../graph/fuse-sums.ts'
import type { Graph } from '../graph/graph.ts'
import { lowerKernels } from '../graph/lower-kernels.ts'
import type { BlockArithmetic } from '../graph/runtime.ts'
import { lowerLinears, type WeightOf } from './lower-linear.ts'

/**
 * A graph in operators that the runtime has: ONNX Runtime's or, where it multiplies blocks in the given arithmetic,
 * those of the native runtime as well; linear layers over the given weights.
 */
export function lowerGraph(
  graph: Graph,
  weightOf: WeightOf,
  arithmetic: BlockArithmetic | null = null,
): Graph {
  return fuseSums(lowerLinears(lowerKernels(graph, arithmetic), weightOf, arithmetic))
}
