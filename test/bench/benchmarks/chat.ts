import { LINEAR_KINDS } from '../../../src-main/core/llama/linear-kinds.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../../src-main/core/vera/projections.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { modelFile } from '../../model-files.ts'
import type { Benchmark, Variant } from '../benchmark.ts'
import { openLlamaCpp } from '../llama-cpp.ts'
import { type Measurement, medianOf } from '../measure.ts'
import { openRealModel, runtimes, threads } from './real-model.ts'

const promptTokens = 128
const answerTokens = 64
const prompt = Array.from({ length: promptTokens }, (_, i) => 100 + ((i * 7919) % 40_000))

/** Prompts are read anew every time; what the tokens are makes no difference to the time. */
export const prefill: Benchmark = {
  name: 'prefill',
  group: 'chat',
  description: `reading a prompt of ${promptTokens} tokens, ${threads} threads`,
  amount: { count: promptTokens, unit: 'tokens' },
  prepare: () => prepare('prefill', (read) => read(prompt)),
}

/** Against llama.cpp where `VERANDA_BENCH_LLAMA` names a folder with node-llama-cpp in its node_modules. */
export const decode: Benchmark = {
  name: 'decode',
  group: 'chat',
  description: `${answerTokens} tokens one by one after a prompt of ${promptTokens}, with the prompt, ${threads} threads`,
  amount: { count: answerTokens, unit: 'tokens' },
  prepare: () =>
    prepare('decode', async (read) => {
      await read(prompt)
      for (const id of prompt.slice(0, answerTokens)) await read([id])
    }),
}

type Read = (tokens: readonly number[]) => Promise<unknown>

async function prepare(name: 'prefill' | 'decode', work: (read: Read) => Promise<unknown>) {
  const variants: Variant[] = []
  const closings: (() => Promise<void>)[] = []
  for (const [runtimeName, runtime] of runtimes()) {
    const model = openRealModel(runtime)
    if (model === null) return null
    variants.push(ours(runtimeName, model, false, work))
    variants.push(ours(`${runtimeName}, live adapter (rank 64)`, model, true, work))
    closings.push(() => model.close())
  }
  const llama = await openLlamaCpp(modelFile ?? '', threads)
  const theirs: Variant[] = llama === null ? [] : [{ name: 'llama.cpp', run: () => llama.fresh(work) }]
  return {
    variants: [...theirs, ...variants],
    ratios(measurements: readonly Measurement[]) {
      const time = (variant: Variant | undefined) => medianOf(measurements, variant?.name ?? '')
      return {
        [`${name}Ratio`]: time(theirs[0]) / time(variants[0]),
        [`${name}LiveAdapterCost`]: time(variants[1]) / time(variants[0]) - 1,
        [`${name}FallbackRatio`]: time(theirs[0]) / time(variants.at(-2)),
      }
    },
    async close() {
      await llama?.close()
      for (const close of closings) await close()
    },
  }
}

function ours(
  name: string,
  model: LoadedModel,
  adapted: boolean,
  work: (read: Read) => Promise<unknown>,
): Variant {
  const layout = layoutVera(model.folder.model.config, { rank: 64, targets: LINEAR_KINDS, layers: null })
  const live = liveAdapter(layout, initialVectors(layout, 0.1), projections({ ...layout, key: 0 }))
  return {
    name,
    async run() {
      const { decoder, extra } = await model.decoder(adapted ? { live, identity: 'bench' } : null)
      decoder.rewindTo([])
      await work((tokens) => decoder.logits(tokens, [tokens.length - 1], extra))
    },
  }
}
