/** Models of the shapes that people have, with random weights: what a step costs does not depend on what they know. */
import { randomFillSync } from 'node:crypto'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { toSentence } from '../../src-main/contract/sentence.ts'
import type { LlamaConfig } from '../../src-main/core/llama/config.ts'
import type { StoredWeight } from '../../src-main/core/llama/stored-model.ts'
import { expectedShapes } from '../../src-main/core/llama/tensor-names.ts'
import { weightsFile, writeModelFolder } from '../../src-main/engine/model-folder.ts'
import { ExtentWriter } from './extent-writer.ts'

const llama = {
  normEpsilon: 1e-5,
  contextLength: 4096,
  ropeTheta: 10_000,
  ropeScaling: { type: 'none' },
  attentionBias: false,
  mlpBias: false,
} as const

export const shapes = {
  /** Llama 3.2 1B */
  '1B': {
    ...llama,
    vocabularySize: 128_256,
    hiddenSize: 2048,
    intermediateSize: 8192,
    layerCount: 16,
    headCount: 32,
    kvHeadCount: 8,
    headDim: 64,
    tiedEmbeddings: true,
  },
  /** Llama 2 7B */
  '7B': {
    ...llama,
    vocabularySize: 32_000,
    hiddenSize: 4096,
    intermediateSize: 11_008,
    layerCount: 32,
    headCount: 32,
    kvHeadCount: 32,
    headDim: 128,
    tiedEmbeddings: false,
  },
} satisfies Readonly<Record<string, LlamaConfig>>

/** Writes the folder: matrices in 4-bit blocks with offsets (as Q4_1), norms of ones. */
export function writeRandomModel(directory: string, config: LlamaConfig, name: string): void {
  const partial = `${directory}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const weights: Record<string, StoredWeight> = {}
  const file = new ExtentWriter(join(partial, weightsFile))
  let parameterCount = 0
  for (const [tensor, shape] of expectedShapes(config)) {
    const [rows = 0, columns = 0] = shape
    parameterCount += shape.reduce((product, size) => product * size, 1)
    weights[tensor] =
      shape.length === 1
        ? { kind: 'dense', dtype: 'float32', shape, ...file.floats(rows, () => 1) }
        : randomBlocks(file, rows, columns)
  }
  file.close()
  const { layerCount, hiddenSize, vocabularySize, contextLength } = config
  const summary = {
    name,
    architecture: 'llama',
    parameterCount,
    ...{ layerCount, hiddenSize, vocabularySize, contextLength },
    quantization: toSentence('Q4_1'),
    sizeBytes: file.length,
    sourceHash: '',
  }
  writeModelFolder(partial, { summary, model: { config, weights }, chatTemplate: null, tokenizer: null })
  renameSync(partial, directory)
}

/** Of a spread at which activations keep their size: 1/√columns. */
function randomBlocks(file: ExtentWriter, rows: number, columns: number): StoredWeight {
  const blocks = (rows * columns) / 32
  const scale = 1 / (4.6 * Math.sqrt(columns))
  return {
    kind: 'blocks',
    bits: 4,
    rows,
    columns,
    quants: file.bytes(blocks * 16, (piece) => randomFillSync(piece)),
    scales: file.floats(blocks, () => scale),
    offsets: file.floats(blocks, () => scale / 2),
  }
}
