import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryUsage } from 'node:process'
import { LINEAR_KINDS } from '../../../src-main/core/llama/linear-kinds.ts'
import { RowBatch } from '../../../src-main/core/generation/row-batch.ts'
import { BatchDecoder } from '../../../src-main/core/llama/batch-decoder.ts'
import { Decoder } from '../../../src-main/core/llama/decoder.ts'
import { KvCache } from '../../../src-main/core/llama/kv-cache.ts'
import { encodeAdapter } from '../../../src-main/core/vera/adapter-file.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { adapterFeeds } from '../../../src-main/core/vera/live-adapter.ts'
import { TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { defaultTrainingSettings } from '../../../src-main/app/personalize/default-settings.ts'
import { DecoderSessions } from '../../../src-main/engine/decoder-sessions.ts'
import { HeldAdapters } from '../../../src-main/engine/held-adapters.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import type { OpenAdapter } from '../../../src-main/engine/open-adapter.ts'
import type { Study } from '../benchmark.ts'
import { collectGarbage } from '../garbage.ts'
import { median } from '../measure.ts'
import { openRealModel, runtimeNamed } from './real-model.ts'

const rank = 64
const heldAdapters = 1000
const promptTokens = 64
const steps = 12

/** Steps of texts with an adapter each, taken together, and what holding many adapters takes. */
export const adapters: Study = {
  name: 'adapters',
  description: `texts with adapters of their own (rank ${rank}, all linear layers), one token each a step after ${promptTokens}`,
  async run() {
    const runtime = runtimeNamed('veranda')
    const model = runtime === null ? null : openRealModel(runtime)
    if (runtime === null || model === null) return null
    const folder = mkdtempSync(join(tmpdir(), 'veranda-bench-'))
    const held = new HeldAdapters(false)
    const sessions = new DecoderSessions(model.folder, runtime)
    try {
      const memory = holdMany(held, model, folder)
      const open = (index: number): OpenAdapter =>
        held.open({ path: pathOf(folder, index), strength: 1 }, model.folder)
      const rows: Record<string, object> = {}
      for (const count of [1, 4, 16, 64]) rows[count] = await throughput(model, sessions, open, count)
      return { held: { ...memory, switchMs: switchMs(open) }, texts: rows }
    } finally {
      await sessions.close()
      await model.close()
      rmSync(folder, { recursive: true })
    }
  },
}

const pathOf = (folder: string, index: number): string => join(folder, `${index}.safetensors`)

/** Writes an adapter after the other and opens it: only what is held stays. */
function holdMany(held: HeldAdapters, model: LoadedModel, folder: string) {
  const settings = { ...defaultTrainingSettings, rank, targets: LINEAR_KINDS, layers: null }
  const layout = layoutVera(model.folder.model.config, settings)
  const about = { baseModelHash: model.folder.summary.sourceHash, chatTemplateHash: '', createdBy: 'bench' }
  const generator = new TorchGenerator(1)
  const vectors = initialVectors(layout, 0.1).map((value) => value + 0.02 * (generator.float64() - 0.5))
  const write = (index: number): string => {
    vectors[0] = index
    const path = pathOf(folder, index)
    writeFileSync(path, encodeAdapter({ ...settings, ...about }, layout, vectors))
    return path
  }
  held.open({ path: write(0), strength: 1 }, model.folder)
  collectGarbage()
  const before = memoryUsage()
  for (let index = 1; index < heldAdapters; index++) {
    const path = write(index)
    held.open({ path, strength: 1 }, model.folder)
    // Read again only for those that are asked for below.
    if (index >= 64) rmSync(path)
    if (index % 50 === 0) collectGarbage()
  }
  collectGarbage()
  const after = memoryUsage()
  return {
    adapters: held.count,
    vectorsMB: held.bytes / 1e6,
    heldMB: (after.arrayBuffers - before.arrayBuffers) / 1e6,
    residentMB: (after.rss - before.rss) / 1e6,
    numbersEach: layout.length,
  }
}

/** From one adapter to another that is held: what an answer waits for. */
function switchMs(open: (index: number) => OpenAdapter): number {
  const times = Array.from({ length: 40 }, (_, turn) => {
    const start = performance.now()
    open(1 + (turn % 60))
    return performance.now() - start
  })
  return median(times.toSorted((a, b) => a - b))
}

async function throughput(
  model: LoadedModel,
  sessions: DecoderSessions,
  open: (index: number) => OpenAdapter,
  count: number,
): Promise<object> {
  const { config } = model.folder.model
  const opened = Array.from({ length: count }, (_, index) => open(index))
  const [first] = opened
  if (first === undefined) return {}
  const { layout } = first.live
  const read = new KvCache(config)
  const single = await sessions.take(layout, false)
  const decoder = new Decoder(single.session, model.weights, read, adapterFeeds(first.live))
  await decoder.logits(
    Array.from({ length: promptTokens }, (_, i) => 100 + 7 * i),
    [promptTokens - 1],
  )
  single.giveBack()
  const before = memoryUsage().rss
  const session = await sessions.openStep(layout, false)
  const batch = new RowBatch(new BatchDecoder(session, model.weights), config, first.live)
  // What the keys and values are makes no difference to the time.
  for (const { live } of opened) await batch.add({ cache: read.copy(promptTokens), adapter: live })
  const times: number[] = []
  for (let step = 0; step < steps; step++) {
    const start = performance.now()
    await batch.step(opened.map((_, row) => 200 + step + row))
    times.push(performance.now() - start)
  }
  const stepMs = median(times.slice(2).toSorted((a, b) => a - b))
  const memoryMB = (memoryUsage().rss - before) / 1e6
  await batch.close()
  return { stepMs, tokensPerSecond: (1000 * count) / stepMs, memoryMB }
}
