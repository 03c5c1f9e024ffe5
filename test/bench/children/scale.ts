/** `scale.ts DIRECTORY`: trains the model there for some steps of VeRA and prints what that took as JSON. */
import { LINEAR_KINDS } from '../../../src-main/core/llama/linear-kinds.ts'
import { adamw, ADAMW_DEFAULTS } from '../../../src-main/core/training/adamw.ts'
import { batchOf } from '../../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import { newOptimizerState, oneRate } from '../../../src-main/core/training/optimizer.ts'
import { packRows } from '../../../src-main/core/training/packing.ts'
import { takeStep } from '../../../src-main/core/training/trainer.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../../src-main/core/vera/projections.ts'
import { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { peakMemoryBytes } from '../../../src-main/engine/peak-memory.ts'
import { runtimeNamed } from '../benchmarks/real-model.ts'

const tokens = 128
const rank = 256
const steps = 2

const runtime = runtimeNamed('veranda')
if (runtime === null) throw new Error('There is no runtime.')
const model = new LoadedModel(process.argv[2] ?? '', runtime, loadCodecs())
const { config } = model.folder.model
const layout = layoutVera(config, { rank, targets: LINEAR_KINDS, layers: null })
const adapter = liveAdapter(layout, initialVectors(layout, 0.1), projections({ ...layout, key: 0 }))
const pass = await TrainingPass.open(runtime, model.weights)
const ids = Array.from({ length: tokens }, (_, at) => (at * 7919) % config.vocabularySize)
const example = { id: 'random', ids, scored: ids.map(() => true) }
const optimizer = adamw({ ...ADAMW_DEFAULTS, weightDecay: 0 })
const state = newOptimizerState(optimizer, layout.length)
const schedule = { kind: 'constant', peak: 1e-3, warmupSteps: 0, totalSteps: steps } as const
const seconds: number[] = []
const losses: number[] = []
for (let step = 0; step < steps; step++) {
  const start = performance.now()
  const { loss } = await takeStep(pass, adapter, state, [batchOf(packRows([example], tokens))], {
    schedule,
    optimizer,
    groups: oneRate(layout.length),
    clipNorm: 1,
  })
  seconds.push((performance.now() - start) / 1000)
  losses.push(loss)
}
const secondsPerStep = Math.min(...seconds)
console.log(
  JSON.stringify({
    tokensPerSecond: tokens / secondsPerStep,
    secondsPerStep,
    peakMemoryMB: peakMemoryBytes() / 1e6,
    trainableParameters: layout.length,
    losses,
  }),
)
process.exit(0)
