/**
 * A small intermediate representation of ONNX graphs: readonly values, nodes and graphs.
 *
 * It knows nothing of protobuf (`onnx-file.ts` writes the file) and little of operators: `operators.ts` builds
 * them, `shapes.ts` infers their shapes, `gradients.ts` differentiates them; each is one line an operator.
 */
import { Failure } from '../../contract/failure.ts'

export type DType = 'float32' | 'float16' | 'bfloat16' | 'int32' | 'int64' | 'uint8' | 'bool'

/** A known size, or the name of a size known only when the graph runs (`T`, `N`). */
export type Dim = number | string
export type Shape = readonly Dim[]

/** The result of a node, an input of the graph or an initializer. Its name is unique within the graph. */
export interface Value {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }

export interface Node {
  readonly op: string
  /** Empty for the ONNX standard operators, `com.microsoft` for ONNX Runtime's, `veranda` for ours (lowered). */
  readonly domain: string
  readonly inputs: readonly Value[]
  readonly output: Value
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** Where an initializer's bytes are: in the graph, or in a file beside it. */
export type InitializerData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'external'; readonly file: string; readonly offset: number; readonly length: number }

export interface Initializer {
  readonly value: Value
  readonly data: InitializerData
}

export interface Graph {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly initializers: readonly Initializer[]
  /** In an order in which every node follows the nodes whose results it takes. */
  readonly nodes: readonly Node[]
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis])
}

/** A graph that can't be built or differentiated is a mistake in the program or an unsupported model. */
export function graphFailure(message: string): Failure {
  return new Failure('graph-invalid', message)
}

export function intAttribute(node: Node, name: string, fallback?: number): number {
  const attribute = node.attributes[name]
  if (attribute?.kind === 'int') return attribute.value
  if (fallback !== undefined) return fallback
  throw graphFailure(`${node.op} "${node.output.name}" has no integer attribute "${name}".`)
}

export function intsAttribute(node: Node, name: string): readonly number[] {
  const attribute = node.attributes[name]
  if (attribute?.kind === 'ints') return attribute.value
  throw graphFailure(`${node.op} "${node.output.name}" has no integer list attribute "${name}".`)
}

export function floatAttribute(node: Node, name: string): number {
  const attribute = node.attributes[name]
  if (attribute?.kind === 'float') return attribute.value
  throw graphFailure(`${node.op} "${node.output.name}" has no number attribute "${name}".`)
}

export function stringAttribute(node: Node, name: string): string {
  const attribute = node.attributes[name]
  if (attribute?.kind === 'string') return attribute.value
  throw graphFailure(`${node.op} "${node.output.name}" has no text attribute "${name}".`)
}

/** The n-th input of a node. */
export function inputOf(node: Node, index: number): Value {
  const value = node.inputs[index]
  if (value === undefined) throw graphFailure(`${node.op} "${node.output.name}" has no input ${index}.`)
  return value
}
