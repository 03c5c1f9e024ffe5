import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resultOf } from '../../../src-main/contract/event-stream.ts'
import { writeGguf } from '../../../src-main/core/checkpoint/gguf-writer.ts'
import { configToGguf } from '../../../src-main/core/llama/config-to-gguf.ts'
import type { LlamaConfig } from '../../../src-main/core/llama/config.ts'
import { ggufTensors } from '../../../src-main/core/llama/published-tensors.ts'
import { findAddon } from '../../../src-main/engine/native-addon.ts'
import { importModel } from '../../../src-main/engine/import-model.ts'
import { type Codecs, loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { openModelFiles } from '../../../src-main/engine/open-checkpoint.ts'
import { WeightsWriter } from '../../../src-main/engine/weights-writer.ts'
import type { Benchmark } from '../benchmark.ts'

/** Llama 3.2 1B. Fewer layers for a try: `VERANDA_BENCH_LAYERS`. */
const config: LlamaConfig = {
  vocabularySize: 128_256,
  hiddenSize: 2048,
  intermediateSize: 8192,
  layerCount: Number(process.env.VERANDA_BENCH_LAYERS ?? 16),
  headCount: 32,
  kvHeadCount: 8,
  headDim: 64,
  normEpsilon: 1e-5,
  contextLength: 8192,
  ropeTheta: 500_000,
  ropeScaling: { type: 'none' },
  tiedEmbeddings: true,
  attentionBias: false,
  mlpBias: false,
}

/** Which bytes a benchmark's file is made of, and what is done with it. */
interface ImportCase {
  readonly format: 'Q4_K' | 'F16'
  readonly bytesPerWeight: number
  work(codecs: Codecs, source: string, target: string): Promise<void>
}

const whole: ImportCase = {
  format: 'Q4_K',
  bytesPerWeight: 144 / 256,
  async work(codecs, sourcePath, targetDirectory) {
    const resources = { codecs, background: onnxRuntime({ threads: 1 }) }
    const input = { sourcePath, targetDirectory, name: 'generated' }
    for await (const _ of importModel(resources)(input, new AbortController().signal));
  },
}

const quantizing: ImportCase = {
  format: 'F16',
  bytesPerWeight: 2,
  async work(codecs, source, target) {
    const files = openModelFiles(source)
    const writer = new WeightsWriter(join(target, 'weights'), codecs)
    for (const tensor of files.open().tensors.values()) await resultOf(writer.write(tensor, 4))
    await writer.finish()
    await writer.close()
    files.close()
  },
}

const parameters = ggufTensors(config, 'llama').reduce(
  (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
  0,
)

export const importing = benchmarkOf(
  'import',
  'importing a GGUF file of a model of a billion weights in Q4_K, against a copy of the file',
  whole,
)
export const importQuantizing = benchmarkOf(
  'import-quantize',
  'quantising half-precision weights of a billion to 4 bits at import, against a copy of the file',
  quantizing,
)

function benchmarkOf(
  name: string,
  description: string,
  { format, bytesPerWeight, work }: ImportCase,
): Benchmark {
  return {
    name,
    group: 'import',
    slow: true,
    description,
    amount: { count: Math.round((parameters * bytesPerWeight) / 1e6), unit: 'MB' },
    prepare() {
      const folder = mkdtempSync(join(tmpdir(), 'veranda-bench-'))
      const source = join(folder, 'model.gguf')
      writeModel(source, format)
      const target = join(folder, 'target')
      const emptyTarget = (): string => {
        rmSync(target, { recursive: true, force: true })
        mkdirSync(target)
        return target
      }
      const variants = [
        { name: 'copy', run: () => copyDurably(source, join(emptyTarget(), 'copy')) },
        ...[loadCodecs(findAddon()), loadCodecs(null)].map((codecs) => ({
          name: codecs.name,
          run: () => work(codecs, source, emptyTarget()),
        })),
      ]
      return Promise.resolve({
        variants,
        close: async () => rmSync(folder, { recursive: true, force: true }),
      })
    },
  }
}

/** What the disk itself takes. */
function copyDurably(source: string, target: string): void {
  copyFileSync(source, target)
  const file = openSync(target, 'r+')
  fsyncSync(file)
  closeSync(file)
}

/** A file of random weights, of which one piece is written again and again. */
function writeModel(path: string, format: ImportCase['format']): void {
  const piece = new Uint8Array(144 * 2 ** 14)
  let state = 1
  // Wherever a half may lie, its exponent's top bits are never all set.
  for (let at = 0; at < piece.length; at++)
    piece[at] = ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 24) & 0xbf
  const tensors = ggufTensors(config, 'llama').map(({ name, shape }) => {
    const isVector = shape.length === 1
    const length = shape.reduce((a, b) => a * b, 1) * (isVector ? 4 : format === 'F16' ? 2 : 144 / 256)
    return {
      name,
      shape,
      type: isVector ? 'F32' : format,
      *pieces() {
        for (let done = 0; done < length; done += piece.length) yield piece.subarray(0, length - done)
      },
    }
  })
  const metadata = new Map(configToGguf(config, 'llama'))
    .set('tokenizer.ggml.model', { type: 'string', value: 'gpt2' })
    .set('tokenizer.ggml.pre', { type: 'string', value: 'gpt-2' })
    .set('tokenizer.ggml.tokens', { type: 'strings', value: ['a'] })
    .set('tokenizer.ggml.merges', { type: 'strings', value: [] })
  const file = openSync(path, 'w')
  for (const bytes of writeGguf(metadata, tensors)) writeSync(file, bytes)
  fsyncSync(file)
  closeSync(file)
  console.error(`${path}: ${Math.round(statSync(path).size / 1e6)} MB`)
}
