import {
  type Attribute,
  type DType,
  formatShape,
  type Graph,
  graphFailure,
  type Initializer,
  type InitializerData,
  type Node,
  type Shape,
  type Value,
} from './graph.ts'
import { inferOutput } from './shapes.ts'

export interface NodeOptions {
  readonly domain?: string
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** The result's shape where it can't be inferred from the inputs' shapes (Reshape, a Slice at run-time bounds). */
  readonly shape?: Shape
  readonly dtype?: DType
  /** What the result's name starts with; the operator's name if absent. */
  readonly hint?: string
}

/** A tape that records operators; the one authority over names. Values of another tape are refused. */
export class GraphBuilder {
  readonly #name: string
  readonly #inputs: Value[] = []
  /** Named output → the value that it is. */
  readonly #outputs = new Map<Value, Value>()
  readonly #initializers = new Map<string, Initializer>()
  readonly #nodes: Node[] = []
  readonly #values = new Map<string, Value>()
  readonly #nameCounts = new Map<string, number>()
  readonly #constants = new Map<string, Value>()

  constructor(name: string) {
    this.#name = name
  }

  get nodes(): readonly Node[] {
    return this.#nodes
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    const value = this.#declare(name, dtype, shape)
    this.#inputs.push(value)
    return value
  }

  initializer(name: string, dtype: DType, shape: Shape, data: InitializerData): Value {
    const value = this.#declare(name, dtype, shape)
    this.#initializers.set(name, { value, data })
    return value
  }

  /** An inline int64 tensor; equal ones are one. */
  int64(values: readonly number[]): Value {
    const bytes = new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer)
    return this.constant(`int64_${values.join('_')}`, 'int64', [values.length], bytes)
  }

  /** An inline int32 scalar; equal ones are one. */
  int32(value: number): Value {
    return this.constant(`int32_${value}`, 'int32', [], new Uint8Array(new Int32Array([value]).buffer))
  }

  /** An inline float32 scalar; equal ones are one. */
  float32(value: number): Value {
    return this.constant(`float_${value}`, 'float32', [], new Uint8Array(new Float32Array([value]).buffer))
  }

  /** An inline tensor whose name says what it holds; the same name is the same tensor. */
  constant(name: string, dtype: DType, shape: Shape, bytes: Uint8Array): Value {
    const known = this.#constants.get(name)
    if (known !== undefined) return known
    const value = this.initializer(name, dtype, shape, { kind: 'inline', bytes })
    this.#constants.set(name, value)
    return value
  }

  /** Appends a node and returns its result. */
  add(op: string, inputs: readonly Value[], options: NodeOptions = {}): Value {
    for (const value of inputs) {
      if (this.#values.get(value.name) !== value) {
        throw graphFailure(`${op} takes "${value.name}", which is not a value of graph "${this.#name}".`)
      }
    }
    const attributes = options.attributes ?? {}
    const inferred = inferOutput({ op, inputs, attributes, shape: options.shape, dtype: options.dtype })
    const output = this.#declare(this.#fresh(options.hint ?? op), inferred.dtype, inferred.shape)
    this.#nodes.push({ op, domain: options.domain ?? '', inputs, output, attributes })
    return output
  }

  /** Makes a value a result of the graph under the given name. */
  output(value: Value, name: string): void {
    this.#outputs.set(this.#declare(name, value.dtype, value.shape), value)
  }

  /** The graph, without the nodes and initializers that no output needs. */
  finish(): Graph {
    const outputs = [...this.#outputs.keys()]
    const needed = new Set([...this.#outputs.values()].map((value) => value.name))
    const nodes: Node[] = []
    for (const node of this.#nodes.toReversed()) {
      if (!needed.has(node.output.name)) continue
      nodes.push(node)
      for (const value of node.inputs) needed.add(value.name)
    }
    // The result of a node is renamed; an input, or what is an output already, has to be copied.
    const renamed = new Map<Value, Value>()
    const copies: Node[] = []
    const produced = new Set(nodes.map((node) => node.output))
    for (const [output, value] of this.#outputs) {
      if (produced.has(value) && !renamed.has(value)) renamed.set(value, output)
      else copies.push({ op: 'Identity', domain: '', inputs: [value], output, attributes: {} })
    }
    const rename = (value: Value): Value => renamed.get(value) ?? value
    const named = [...nodes.toReversed(), ...copies].map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      output: rename(node.output),
    }))
    return {
      name: this.#name,
      inputs: this.#inputs.filter((value) => needed.has(value.name)),
      outputs,
      initializers: [...this.#initializers.values()].filter(({ value }) => needed.has(value.name)),
      nodes: named,
    }
  }

  #declare(name: string, dtype: DType, shape: Shape): Value {
    if (this.#values.has(name)) throw graphFailure(`Graph "${this.#name}" has two values named "${name}".`)
    if (shape.some((dim) => typeof dim === 'number' && (!Number.isInteger(dim) || dim < 0))) {
      throw graphFailure(
        `Value "${name}" of graph "${this.#name}" has an impossible shape ${formatShape(shape)}.`,
      )
    }
    const value: Value = { name, dtype, shape }
    this.#values.set(name, value)
    return value
  }

  #fresh(hint: string): string {
    for (;;) {
      const count = this.#nameCounts.get(hint) ?? 0
      this.#nameCounts.set(hint, count + 1)
      const name = count === 0 ? hint : `${hint}_${count}`
      if (!this.#values.has(name)) return name
    }
  }
}
