import { readFileSync } from 'node:fs'
import { adamw, ADAMW_DEFAULTS } from '../../../src-main/core/training/adamw.ts'
import { newOptimizerState, oneRate } from '../../../src-main/core/training/optimizer.ts'
import { batchOf } from '../../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import { packRows } from '../../../src-main/core/training/packing.ts'
import { takeStep } from '../../../src-main/core/training/trainer.ts'
import { LINEAR_KINDS } from '../../../src-main/core/llama/linear-kinds.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../../src-main/core/vera/projections.ts'
import { tokenizeExamples } from '../../../src-main/engine/examples.ts'
import { modelFile } from '../../model-files.ts'
import type { Benchmark, Variant } from '../benchmark.ts'
import { startPython } from '../python.ts'
import { medianOf } from '../measure.ts'
import { openRealModel, runtimes, threads } from './real-model.ts'

const batchSize = 4
const rank = 64

/**
 * One optimizer step of VeRA over four short conversations: PEFT's plain loop (float32, rows padded to the longest)
 * and ours.
 */
export const training: Benchmark = {
  name: 'train',
  description: `a VeRA step, rank ${rank}, all linear layers, ${batchSize} short conversations, ${threads} threads`,
  amount: { count: batchSize, unit: 'examples' },
  async prepare() {
    const ours: Variant[] = []
    const closings: (() => Promise<void>)[] = []
    let examples: ReturnType<typeof tokenizeExamples> = []
    for (const [name, runtime] of runtimes()) {
      const model = openRealModel(runtime)
      if (model === null || modelFile === null) return null
      examples = tokenizeExamples(model, conversations())
      const layout = layoutVera(model.folder.model.config, { rank, targets: LINEAR_KINDS, layers: null })
      const adapter = liveAdapter(layout, initialVectors(layout, 0.1), projections({ ...layout, key: 0 }))
      const pass = await TrainingPass.open(runtime, model.weights)
      const optimizer = adamw({ ...ADAMW_DEFAULTS, weightDecay: 0 })
      const groups = oneRate(layout.length)
      const state = newOptimizerState(optimizer, layout.length)
      const batches = [batchOf(packRows(examples, 256))]
      const schedule = { kind: 'constant' as const, peak: 1e-3, warmupSteps: 0, totalSteps: 1000 }
      ours.push({
        name,
        run: () => takeStep(pass, adapter, state, batches, { schedule, optimizer, groups, clipNorm: 1 }),
      })
      closings.push(async () => {
        await pass.close()
        await model.close()
      })
    }
    const peft = await startPython('peft_step.py', [modelFile ?? '', String(rank), String(threads)], examples)
    return {
      variants: peft === null ? ours : [{ name: 'peft', run: () => peft.step() }, ...ours],
      results: (measurements) => ({
        speedRatio: medianOf(measurements, 'peft') / medianOf(measurements, ours[0]?.name ?? ''),
        fallbackSpeedRatio: medianOf(measurements, 'peft') / medianOf(measurements, ours.at(-1)?.name ?? ''),
      }),
      async close() {
        peft?.close()
        for (const close of closings) await close()
      },
    }
  },
}

function conversations() {
  const lines = readFileSync('test/golden/reference/training-data/alpaca.jsonl', 'utf8').trim().split('\n')
  return lines.slice(0, batchSize).map((line, index) => {
    const { instruction, output } = JSON.parse(line) as {
      readonly instruction: string
      readonly output: string
    }
    return {
      id: String(index),
      messages: [
        { role: 'user' as const, content: instruction },
        { role: 'assistant' as const, content: output },
      ],
    }
  })
}
