import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LINEAR_KINDS } from '../../src-main/core/llama/linear-kinds.ts'
import { batchOf } from '../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { packRows } from '../../src-main/core/training/packing.ts'
import { initialVectors } from '../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { nativeRuntime } from '../../src-main/engine/native-runtime.ts'
import { modelDirectory } from '../model-files.ts'

const runtime = nativeRuntime({ threads: 2, blockArithmetic: 'int16' }).runtime
const weightsMB = 90

/** Without the pages of mapped files, of which the system has one copy for all who map them. */
function memoryMB(): number {
  const line = /^Anonymous: +(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))
  return Number(line?.[1]) / 1000
}

test.skipIf(runtime === null || modelDirectory === null || process.platform !== 'linux')(
  'weights are in memory once, however many sessions chat and train with them',
  async () => {
    if (runtime === null || modelDirectory === null) return
    const model = new LoadedModel(modelDirectory, runtime, loadCodecs())
    const ids = Array.from({ length: 32 }, (_, i) => 100 + 3 * i)
    const grown = async (work: () => Promise<unknown>): Promise<number> => {
      const before = memoryMB()
      await work()
      return memoryMB() - before
    }
    const plain = await model.open(null)
    expect(await grown(() => plain.decoder.next(ids))).toBeLessThan(weightsMB)
    const layout = layoutVera(model.folder.model.config, { rank: 64, targets: LINEAR_KINDS, layers: null })
    const live = liveAdapter(layout, initialVectors(layout, 0.1), projections({ ...layout, key: 0 }))
    const adapted = await grown(async () => {
      const text = await model.open({ live, identity: 'some', group: null })
      await text.decoder.next(ids)
      await text.close()
    })
    expect(adapted).toBeLessThan(0.7 * weightsMB)
    const trained = await grown(async () => {
      const pass = await TrainingPass.open(runtime, model.weights)
      const batch = batchOf(packRows([{ id: 'some', ids, scored: ids.map(() => true) }], ids.length))
      await pass.addGradient(batch, live, (losses) => losses.map(() => 1), new Float32Array(layout.length))
      await pass.close()
    })
    // Activations and gradients are its own.
    expect(trained).toBeLessThan(1.2 * weightsMB)
    await plain.close()
    await model.close()
  },
)
