/**
 * Writes a graph as an ONNX file: the protocol buffer messages of onnx.proto3, only those that are needed.
 * Field numbers are given beside each field.
 */
import { type Attribute, type Graph, graphFailure, type Initializer, type Node, type Value } from './graph.ts'
import { onnxTypes, veranda, verandaKernels } from './operators.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

const irVersion = 10
const opsets = { '': 21, 'com.microsoft': 1 }
/** Named only where it is used: other runtimes need not know it. */
const kernelsVersion = 1

/** The bytes of the `.onnx` file. External initializers are named relative to it. */
export function encodeOnnx(graph: Graph): Uint8Array {
  const model = new ProtobufWriter()
  model.int(1, irVersion)
  model.text(2, 'veranda')
  model.message(7, (file) => writeGraph(file, graph))
  const usesKernels = graph.nodes.some(({ domain }) => domain === verandaKernels)
  const versions = { ...opsets, ...(usesKernels ? { [verandaKernels]: kernelsVersion } : {}) }
  for (const [domain, version] of Object.entries(versions)) {
    model.message(8, (opset) => {
      opset.text(1, domain)
      opset.int(2, version)
    })
  }
  return model.finish()
}

function writeGraph(file: ProtobufWriter, graph: Graph): void {
  for (const node of graph.nodes) file.message(1, (message) => writeNode(message, node))
  file.text(2, graph.name)
  for (const initializer of graph.initializers)
    file.message(5, (message) => writeTensor(message, initializer))
  for (const value of graph.inputs) file.message(11, (message) => writeValue(message, value))
  for (const value of graph.outputs) file.message(12, (message) => writeValue(message, value))
}

function writeNode(file: ProtobufWriter, node: Node): void {
  if (node.domain === veranda)
    throw graphFailure(`${node.op} "${node.output.name}" was not lowered before writing.`)
  for (const value of node.inputs) file.text(1, value.name)
  file.text(2, node.output.name)
  file.text(3, node.output.name)
  file.text(4, node.op)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    file.message(5, (message) => writeAttribute(message, name, attribute))
  }
  file.text(7, node.domain)
}

function writeAttribute(file: ProtobufWriter, name: string, attribute: Attribute): void {
  file.text(1, name)
  switch (attribute.kind) {
    case 'float':
      file.float(2, attribute.value)
      return file.int(20, 1)
    case 'int':
      file.int(3, attribute.value)
      return file.int(20, 2)
    case 'string':
      file.text(4, attribute.value)
      return file.int(20, 3)
    case 'ints':
      for (const value of attribute.value) file.int(8, value)
      return file.int(20, 7)
  }
}

function writeTensor(file: ProtobufWriter, { value, data }: Initializer): void {
  for (const dim of value.shape) file.int(1, typeof dim === 'number' ? dim : 0)
  file.int(2, onnxTypes[value.dtype])
  file.text(8, value.name)
  if (data.kind === 'inline') return file.bytes(9, data.bytes)
  const location = { location: data.file, offset: String(data.offset), length: String(data.length) }
  for (const [key, text] of Object.entries(location)) {
    file.message(13, (entry) => {
      entry.text(1, key)
      entry.text(2, text)
    })
  }
  file.int(14, 1)
}

function writeValue(file: ProtobufWriter, value: Value): void {
  file.text(1, value.name)
  file.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, onnxTypes[value.dtype])
      tensor.message(2, (shape) => {
        for (const dim of value.shape) {
          shape.message(1, (size) => (typeof dim === 'number' ? size.int(1, dim) : size.text(2, dim)))
        }
      })
    }),
  )
}
