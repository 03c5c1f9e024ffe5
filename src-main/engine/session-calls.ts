/** What the runtimes have in common: how they look up what a graph is fed, and how they fail. */
import { Failure, messageOf } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { Feeds, Tensor } from '../core/graph/runtime.ts'

export function feedOf(feeds: Feeds, name: string): Tensor {
  const tensor = feeds[name]
  if (tensor === undefined) throw new TypeError(`The input "${name}" is missing.`)
  return tensor
}

export function graphNotLoaded(graph: Graph, cause: unknown): Failure {
  const text = sentence`ONNX Runtime could not load the graph "${graph.name}": ${messageOf(cause)}`
  return new Failure('graph-not-loaded', text, { cause })
}

export function graphFailed(graph: Graph, cause: unknown): Failure {
  const text = sentence`ONNX Runtime could not run the graph "${graph.name}": ${messageOf(cause)}`
  return new Failure('graph-failed', text, { cause })
}
