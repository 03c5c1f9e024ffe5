import { join } from 'node:path'
import { toSentence } from '../contract/sentence.ts'
import { resultOf } from '../contract/event-stream.ts'
import type { LlamaConfig } from '../core/llama/config.ts'
import type { StoredWeight } from '../core/llama/stored-model.ts'
import { expectedShapes } from '../core/llama/tensor-names.ts'
import { randn, TorchGenerator } from '../core/vera/random.ts'
import { weightsFile, writeModelFolder } from './model-folder.ts'
import type { Codecs } from './native-codecs.ts'
import { WeightsWriter } from './weights-writer.ts'

/** Grouped heads, biases and head norms: every operator that some model needs. */
const config: LlamaConfig = {
  vocabularySize: 96,
  hiddenSize: 64,
  intermediateSize: 96,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 32,
  normEpsilon: 1e-5,
  contextLength: 64,
  ropeTheta: 10_000,
  ropeScaling: { type: 'none' },
  tiedEmbeddings: true,
  attentionBias: 'qkv',
  mlpBias: false,
  queryKeyNorm: true,
}

/** Writes a model folder with random weights, always the same: 4-bit layers, 8-bit embeddings. */
export async function writeSelfTestModel(directory: string, codecs: Codecs): Promise<void> {
  const generator = new TorchGenerator(1)
  const writer = new WeightsWriter(join(directory, weightsFile), codecs)
  const weights: Record<string, StoredWeight> = {}
  for (const [name, shape] of expectedShapes(config)) {
    const numbers = randn(
      generator,
      Math.max(
        16,
        shape.reduce((a, b) => a * b, 1),
      ),
    )
    const format = shape.length === 1 ? 'F32' : name.includes('embed') ? 'Q8_0' : 'Q4_1'
    const bytes = bytesOf(format, numbers, name.endsWith('.bias') ? 0 : 1)
    const [rows = 0] = shape
    const rowBytes = bytes.length / rows
    const read = (firstRow = 0, rowCount = rows - firstRow) =>
      bytes.subarray(firstRow * rowBytes, (firstRow + rowCount) * rowBytes)
    const { stored } = await resultOf(writer.write({ name, format, shape, read }))
    weights[name] = stored
  }
  await writer.finish()
  await writer.close()
  const summary = {
    name: 'self-test',
    architecture: 'llama',
    parameterCount: 0,
    layerCount: config.layerCount,
    hiddenSize: config.hiddenSize,
    vocabularySize: config.vocabularySize,
    contextLength: config.contextLength,
    quantization: toSentence('Q4_1'),
    sizeBytes: writer.length,
    sourceHash: '',
  }
  writeModelFolder(directory, { summary, model: { config, weights }, chatTemplate: null, tokenizer: null })
}

function bytesOf(format: 'F32' | 'Q8_0' | 'Q4_1', numbers: Float32Array, mean: number): Uint8Array {
  if (format === 'Q8_0') return blocksOf8(numbers)
  if (format === 'Q4_1') return blocksOf4(numbers)
  return new Uint8Array(numbers.map((value) => mean + value / 8).buffer)
}

/** Q4_1: a float16 scale and a float16 minimum, then 32 nibbles. */
function blocksOf4(numbers: Float32Array): Uint8Array {
  const bytes = new Uint8Array((numbers.length / 32) * 20)
  const view = new DataView(bytes.buffer)
  for (let block = 0; block * 32 < numbers.length; block++) {
    view.setFloat16(block * 20, 0.02 + Math.abs(numbers[block * 32] ?? 0) / 100, true)
    view.setFloat16(block * 20 + 2, (numbers[block * 32 + 1] ?? 0) / 100 - 0.2, true)
    for (let i = 0; i < 16; i++) bytes[block * 20 + 4 + i] = Math.round((numbers[block * 32 + i] ?? 0) * 64)
  }
  return bytes
}

/** Q8_0: a float16 scale, then 32 signed bytes. */
function blocksOf8(numbers: Float32Array): Uint8Array {
  const bytes = new Uint8Array((numbers.length / 32) * 34)
  const view = new DataView(bytes.buffer)
  for (let block = 0; block * 32 < numbers.length; block++) {
    view.setFloat16(block * 34, 0.01, true)
    for (let i = 0; i < 32; i++)
      view.setInt8(
        block * 34 + 2 + i,
        Math.max(-128, Math.min(127, Math.round((numbers[block * 32 + i] ?? 0) * 40))),
      )
  }
  return bytes
}
