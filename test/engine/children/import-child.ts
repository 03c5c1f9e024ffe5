/** Imports a model and prints by how much that raised the process's memory at its highest, in bytes. */
import { importModel } from '../../../src-main/engine/import-model.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { peakMemoryBytes } from '../../../src-main/engine/peak-memory.ts'

const [sourcePath = '', targetDirectory = '', bits] = process.argv.slice(2)
const resources = { codecs: loadCodecs(), background: onnxRuntime({ threads: 1 }) }
const before = peakMemoryBytes()
const quantize =
  bits === undefined ? null : { bits: bits === '4' ? (4 as const) : (8 as const), passage: 'One short text.' }
const input = { sourcePath, targetDirectory, name: 'generated', quantize }
for await (const _ of importModel(resources)(input, new AbortController().signal));
console.log(JSON.stringify(peakMemoryBytes() - before))
