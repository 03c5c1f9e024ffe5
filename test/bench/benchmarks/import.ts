import {
  cpSync,
  fsyncSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  readdirSync,
} from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { resultOf } from '../../../src-main/contract/event-stream.ts'
import type { WeightFormat } from '../../../src-main/core/checkpoint/weight-formats.ts'
import type { LlamaConfig } from '../../../src-main/core/llama/config.ts'
import { findAddon } from '../../../src-main/engine/native-addon.ts'
import { importModel } from '../../../src-main/engine/import-model.ts'
import { weightsFile } from '../../../src-main/engine/model-folder.ts'
import { type Codecs, loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { openModelFiles } from '../../../src-main/engine/open-checkpoint.ts'
import { WeightsWriter } from '../../../src-main/engine/weights-writer.ts'
import type { Benchmark } from '../benchmark.ts'
import { writeGgufSource, writeSafetensorsSource } from '../import-source.ts'
import type { Measurement } from '../measure.ts'
import { shapes } from '../random-model.ts'

/** Fewer layers for a try: `VERANDA_BENCH_LAYERS`. */
const config: LlamaConfig = {
  ...shapes['1B'],
  layerCount: Number(process.env['VERANDA_BENCH_LAYERS'] ?? shapes['1B'].layerCount),
}

type Work = (codecs: Codecs, sourcePath: string, targetDirectory: string) => Promise<unknown>

const whole: Work = (codecs, sourcePath, targetDirectory) =>
  resultOf(
    importModel({ codecs, background: onnxRuntime({ threads: 1 }) })(
      { sourcePath, targetDirectory, name: 'generated' },
      new AbortController().signal,
    ),
  )

/** Without its hash, and without measuring what it costs. */
const quantizing: Work = async (codecs, source, target) => {
  const files = openModelFiles(source)
  const writer = new WeightsWriter(join(target, weightsFile), codecs)
  for (const tensor of files.open().tensors.values()) await resultOf(writer.write(tensor, 4))
  await writer.finish()
  await writer.close()
  files.close()
}

export const imports: readonly Benchmark[] = [
  ...(['Q4_K', 'Q6_K', 'Q8_0', 'Q4_0', 'F16'] as const).map((format) =>
    benchmarkOf(
      format,
      `a GGUF file in ${format}`,
      (folder) => writeGgufSource(folder, config, format),
      whole,
    ),
  ),
  benchmarkOf(
    'BF16',
    'a safetensors file in BF16',
    (folder) => writeSafetensorsSource(folder, config, 'BF16'),
    whole,
  ),
  benchmarkOf(
    'quantize',
    'a GGUF file in F16, quantised to 4 bits',
    (folder) => writeGgufSource(folder, config, 'F16'),
    quantizing,
  ),
]

function benchmarkOf(
  what: WeightFormat | 'quantize',
  source: string,
  writeSource: (folder: string) => string,
  work: Work,
): Benchmark {
  const name = `import-${what.toLowerCase().replace('_', '')}`
  return {
    name,
    group: 'import',
    slow: true,
    description: `importing a model of a billion weights, ${source}, against a durable copy`,
    prepare() {
      const folder = mkdtempSync(join(tmpdir(), 'veranda-bench-'))
      const path = writeSource(folder)
      const target = join(folder, 'target')
      const cpuMs = new Map<string, number>()
      let writtenBytes = 0
      const variant = (name: string, run: () => unknown) => ({
        name,
        before() {
          rmSync(target, { recursive: true, force: true })
          mkdirSync(target)
        },
        async run() {
          const start = process.cpuUsage()
          await run()
          const { user, system } = process.cpuUsage(start)
          cpuMs.set(name, Math.min(cpuMs.get(name) ?? Infinity, (user + system) / 1000))
        },
      })
      const variants = [
        variant('copy', () => copyDurably(path, join(target, 'copy'))),
        ...[loadCodecs(findAddon()), loadCodecs(null)].map((codecs) =>
          variant(codecs.name, async () => {
            await work(codecs, path, target)
            writtenBytes = statSync(join(target, weightsFile)).size
          }),
        ),
      ]
      const results = (measurements: readonly Measurement[]) => {
        const readMB = bytesIn(path) / 1e6
        const copyMs = measurements[0]?.minMs ?? NaN
        const figures = measurements.map(({ name, minMs }) => [
          name,
          {
            megabytesPerSecond: round((readMB * 1000) / minMs),
            timesCopy: round(minMs / copyMs),
            cpuMs: round(cpuMs.get(name) ?? NaN),
          },
        ])
        const sizes = { readMB: round(readMB), writtenMB: round(writtenBytes / 1e6) }
        return { import: { [what]: { ...Object.fromEntries(figures), ...sizes, load: loadavg()[0] ?? NaN } } }
      }
      return Promise.resolve({
        variants,
        results,
        close: async () => rmSync(folder, { recursive: true, force: true }),
      })
    },
  }
}

function bytesIn(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.size
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0)
}

/** What the disk itself takes. */
function copyDurably(source: string, target: string): void {
  cpSync(source, target, { recursive: true })
  const paths = statSync(target).isDirectory()
    ? readdirSync(target).map((name) => join(target, name))
    : [target]
  for (const path of paths) {
    const file = openSync(path, 'r+')
    fsyncSync(file)
    closeSync(file)
  }
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
