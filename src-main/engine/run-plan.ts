import { createHash } from 'node:crypto'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { adamw, ADAMW_DEFAULTS } from '../core/training/adamw.ts'
import { type PlannedStep, planEpochs } from '../core/training/epochs.ts'
import { type Optimizer, rateGroups } from '../core/training/optimizer.ts'
import type { TokenizedExample } from '../core/training/packing.ts'
import { warmupStepsOf } from '../core/training/schedule.ts'
import { sgd } from '../core/training/sgd.ts'
import type { StepSettings } from '../core/training/trainer.ts'
import { layoutVera, upperLayers, type VeraLayout } from '../core/vera/layout.ts'
import type { EstimateInput, TrainingExample, TrainingSettings } from './contract.ts'
import { tokenizeExamples } from './examples.ts'
import type { LoadedModel } from './loaded-model.ts'
import { startVectors } from './start-vectors.ts'

/** All that a run will do, which only its input decides. */
export interface RunPlan {
  readonly examples: readonly TokenizedExample[]
  /** Learned along with the examples, not measured. */
  readonly replay: readonly TokenizedExample[]
  readonly heldOut: readonly TokenizedExample[]
  readonly layout: VeraLayout
  /** What the vectors of each seed are before its first step. */
  readonly start: Float32Array
  /** One a seed; all of them have equally many steps. */
  readonly seeds: readonly { readonly seed: number; readonly steps: readonly PlannedStep[] }[]
  readonly stepsPerSeed: number
  /** Chosen → rejected, in the order of the examples. */
  readonly rejected: ReadonlyMap<TokenizedExample, TokenizedExample>
  readonly step: StepSettings
  /** Whatever would change the run's trajectory changes this. */
  readonly fingerprint: string
}

/**
 * @throws Failure `no-examples`, `seeds-without-held-out`, those of `tokenizeExamples`, `layoutVera` and
 *   `startVectors`
 */
export function planRun(
  model: LoadedModel,
  input: EstimateInput,
  replayed: readonly TrainingExample[],
): RunPlan {
  const { settings } = input
  const examples = tokenizeExamples(model, input.examples)
  const heldOut = tokenizeExamples(model, input.heldOut)
  const replay = tokenizeExamples(model, replayed)
  if (examples.length === 0) {
    throw new Failure('no-examples', 'There is no example to learn from. Add some and start again.')
  }
  if (settings.seeds > 1 && heldOut.length === 0) {
    throw new Failure(
      'seeds-without-held-out',
      sentence`${settings.seeds} seeds are compared on held-out examples, and there are none. Hold some back, or train one seed.`,
    )
  }
  const rejected = settings.preferences === 'off' ? none : rejectedOf(model, input.examples, examples)
  const { config } = model.folder.model
  const { contextLength, layerCount } = config
  const layers = adaptedLayers(settings, layerCount)
  const layout = layoutVera(config, { ...settings, layers })
  const start = startVectors(model, input, layout)
  const learned = settings.preferences === 'only' ? [...rejected.keys()] : examples
  const seeds = Array.from({ length: settings.seeds }, (_, index) => {
    const seed = settings.seed + index
    return { seed, steps: planEpochs([...learned, ...replay], { ...settings, contextLength, seed }).steps }
  })
  const stepsPerSeed = seeds[0]?.steps.length ?? 0
  const order = seeds.map(({ steps }) => steps.map((step) => step.examples.map(({ id }) => id)))
  const made = [model.folder.summary.sourceHash, settings, input.examples, input.heldOut, replayed, order]
  const fingerprint = createHash('sha256').update(JSON.stringify(made))
  if (input.startPath != null) fingerprint.update(start)
  return {
    examples,
    replay,
    heldOut,
    layout,
    start,
    seeds,
    stepsPerSeed,
    rejected,
    step: stepSettings(settings, layout, stepsPerSeed),
    fingerprint: fingerprint.digest('hex'),
  }
}

/** The layers that are adapted; null is all of them. */
export function adaptedLayers(settings: TrainingSettings, layerCount: number): readonly number[] | null {
  return settings.layers ?? upperLayers(layerCount, settings.layerShare)
}

const none: ReadonlyMap<TokenizedExample, TokenizedExample> = new Map()

/** Tokens of the longest of the examples, each with its rejected one; 0 of none. */
export function longestOf(
  examples: readonly TokenizedExample[],
  rejected: RunPlan['rejected'] = new Map<TokenizedExample, TokenizedExample>(),
): number {
  return Math.max(0, ...examples.map((each) => each.ids.length + (rejected.get(each)?.ids.length ?? 0)))
}

/** @throws Failure `no-preferences` where no example has a rejected answer that is another than its own */
function rejectedOf(
  model: LoadedModel,
  given: readonly TrainingExample[],
  examples: readonly TokenizedExample[],
): ReadonlyMap<TokenizedExample, TokenizedExample> {
  const pairs = given.flatMap((example, index) => {
    const chosen = examples[index]
    const { rejected, messages } = example
    const answer = messages.at(-1)
    if (chosen === undefined || answer === undefined) return []
    if (rejected === undefined || rejected === answer.content) return []
    const worse = { ...answer, content: rejected }
    return [
      { chosen, example: { id: `${example.id} rejected`, messages: [...messages.slice(0, -1), worse] } },
    ]
  })
  if (pairs.length === 0) {
    throw new Failure(
      'no-preferences',
      'None of the examples has a rejected answer to prefer another to. Add some by teaching better answers, or learn without preferences.',
    )
  }
  const worse = tokenizeExamples(
    model,
    pairs.map(({ example }) => example),
  )
  return new Map(
    pairs.flatMap(({ chosen }, index) => (worse[index] === undefined ? [] : [[chosen, worse[index]]])),
  )
}

function stepSettings(settings: TrainingSettings, layout: VeraLayout, totalSteps: number): StepSettings {
  return {
    schedule: {
      kind: settings.schedule,
      peak: settings.learningRate,
      warmupSteps: warmupStepsOf(settings.warmupRatio, totalSteps),
      totalSteps,
    },
    optimizer: optimizerOf(settings),
    groups: rateGroups(layout, { lambdaD: settings.lambdaDRate, lambdaB: settings.lambdaBRate }),
    clipNorm: settings.clipNorm,
  }
}

function optimizerOf({ optimizer, weightDecay, momentum }: TrainingSettings): Optimizer {
  switch (optimizer) {
    case 'adamw':
      return adamw({ ...ADAMW_DEFAULTS, weightDecay })
    case 'sgd':
      return sgd({ momentum, weightDecay })
  }
}
