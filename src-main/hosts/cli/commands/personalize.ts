import { inEnglish } from '../../../contract/sentence.ts'
import {
  linearKind,
  type Run,
  trainingPreset,
  trainingSettings,
  type TrainingSettings,
} from '../../../contract/entities.ts'
import type { Changes, PersonalizeRequest } from '../../../app/services.ts'
import { command, type Context } from '../command.ts'
import { ensureModel } from '../ensure-model.ts'
import { followRun } from '../follow-run.ts'
import { formatBytes } from '../../../contract/format-bytes.ts'
import { count, formatDuration, formatLoss } from '../format.ts'
import {
  choice,
  decimal,
  flag,
  integer,
  integers,
  list,
  numbersByPlace,
  onDevice,
  text,
  type Values,
} from '../options.ts'
import { tellEstimate } from '../estimate.ts'
import { readExamples } from '../read-examples.ts'

const options = {
  name: text('N', 'name of the adapter that is made'),
  model: text('ID', 'the model to personalize, by id or name'),
  preset: choice('what learning may cost; balanced unless told otherwise', trainingPreset.options),
  method: choice(
    'how the model is added to; vera unless told otherwise',
    trainingSettings.shape.method.options,
  ),
  rank: integer('R', 'rank of the projections', 1, 4096),
  ranks: numbersByPlace('PLACES', 'other ranks, as in 3:8,q_proj:16,3.q_proj:0 (0: not adapted)', 4096),
  'layer-share': decimal('P', 'upper share of the layers that learns; less is faster', 0.001, 1),
  epochs: integer('E', 'how often each example is learned', 1, 1000),
  'learning-rate': decimal('L', 'highest learning rate', 1e-9, 10),
  replay: integer('Q', 'general questions learned along, against forgetting; 0 is none', 0, 1000),
  'batch-tokens': integer('T', 'tokens of one optimizer step', 16, 1_000_000),
  targets: list('layers to adapt, between commas', linearKind.options),
  layers: integers('LAYERS', 'decoder layers to adapt, as in 0,2-5; over --layer-share', 9999),
  dropout: decimal('P', "share of the adapter's inputs that each step drops", 0, 0.99),
  'd-initial': decimal('D', 'what every lambda_d starts from', -10, 10),
  bias: choice("which of the model's biases learn too", trainingSettings.shape.bias.options),
  alpha: decimal('A', 'of lora: its scale is alpha / rank; the rank unless given', 1e-6, 1e6),
  'rs-lora': flag('of lora: scale by alpha / √rank'),
  optimizer: choice('how the vectors are moved', trainingSettings.shape.optimizer.options),
  momentum: decimal('M', 'momentum of sgd', 0, 0.9999),
  schedule: choice('how the learning rate falls', trainingSettings.shape.schedule.options),
  warmup: decimal('P', 'share of the steps in which the learning rate rises', 0, 1),
  'weight-decay': decimal('W', 'pull of the vectors towards zero', 0, 1),
  'clip-norm': decimal('C', 'largest gradient norm; 0 is off', 0, 1e9),
  'lambda-d-rate': decimal('F', 'what the learning rate of lambda_d is multiplied by', 0, 1000),
  'lambda-b-rate': decimal('F', 'what the learning rate of lambda_b is multiplied by', 0, 1000),
  average: decimal('A', 'decay of the moving average that is kept; 0 is off', 0, 0.99999),
  'held-out': decimal('P', 'share of the examples that is only measured', 0, 0.5),
  evaluations: integer('N', 'measurements of the held-out examples', 1, 1000),
  patience: integer('N', 'stop after so many measurements without a better one; 0 is off', 0, 1000),
  keep: choice(
    'the last vectors or those best on the held-out examples',
    trainingSettings.shape.keep.options,
  ),
  preferences: choice(
    'how rejected answers of the examples count',
    trainingSettings.shape.preferences.options,
  ),
  'preference-beta': decimal('B', 'how closely preferences stay with the base model', 0.001, 10),
  seeds: integer('N', 'train with so many seeds, keep the best on the held-out examples', 1, 100),
  seed: integer('S', 'seed of the order of the examples', 0, 2 ** 32 - 1),
  'projection-key': integer('K', 'seed of the frozen projections', 0, 2 ** 32 - 1),
  system: text('TEXT', 'system prompt for the examples that have none'),
  from: text('N', 'the adapter to go on from; it decides rank and layers'),
  estimate: flag('only measure, by a few steps, what the run would take'),
  exact: flag('in float32 throughout: slower, and to the last digit'),
  device: onDevice,
}

export const personalizeCommand = command({
  words: 'personalize',
  summary:
    'Trains an adapter on the examples of a file (JSONL, JSON or CSV). After Ctrl+C the same command goes on.',
  required: ['FILE'],
  options,
  needs: ['name'],
  async run(context, { positionals: [file = ''], values }) {
    const { name = '', system } = values
    const examples = await readExamples(context, file)
    const model = await ensureModel(context, values.model)
    const request = {
      name,
      model: model.id,
      examples,
      preset: values.preset,
      settings: settings(values),
      heldOutRatio: values['held-out'] ?? 0,
      systemPrompt: system ?? null,
      parent: values.from,
    }
    if (values.estimate === true) return await tellEstimate(context, request)
    return report(context, await followRun(context, startOrResume(context, request).id))
  },
})

/** Goes on with the run that the same command began earlier, if it was stopped. */
function startOrResume({ services: { personalize }, output }: Context, request: PersonalizeRequest): Run {
  const unfinished = personalize.unfinished(request)
  if (unfinished === undefined) return personalize.start(request)
  output.note(`Going on with “${unfinished.name}” after step ${unfinished.step} of ${unfinished.steps}.`)
  return personalize.resume(unfinished.id)
}

/** What was not given is undefined, and the model's default stands. */
function settings(values: Values<typeof options>): Changes<TrainingSettings> {
  return {
    method: values.method,
    rank: values.rank,
    ranks: values.ranks && { ...values.ranks },
    layers: values.layers && [...values.layers],
    dropout: values.dropout,
    dInitial: values['d-initial'],
    bias: values.bias,
    alpha: values.alpha,
    rsLora: values['rs-lora'],
    layerShare: values['layer-share'],
    epochs: values.epochs,
    learningRate: values['learning-rate'],
    replay: values.replay,
    batchTokens: values['batch-tokens'],
    targets: values.targets && [...values.targets],
    optimizer: values.optimizer,
    momentum: values.momentum,
    schedule: values.schedule,
    warmupRatio: values.warmup,
    weightDecay: values['weight-decay'],
    clipNorm: values['clip-norm'],
    lambdaDRate: values['lambda-d-rate'],
    lambdaBRate: values['lambda-b-rate'],
    averageDecay: values.average,
    evaluations: values.evaluations,
    patience: values.patience,
    keep: values.keep,
    preferences: values.preferences,
    preferenceBeta: values['preference-beta'],
    seeds: values.seeds,
    seed: values.seed,
    projectionKey: values['projection-key'],
  }
}

function report({ services, output }: Context, run: Run): unknown {
  const { adapter } = services.adapters.find(run.adapterId ?? run.name)
  const elapsedMs = run.finishedAt === null ? null : run.finishedAt - run.createdAt
  output.line(
    `“${adapter.name}” is ready: ${count(run.steps, 'step')} over ${count(run.exampleCount, 'example')}` +
      `${elapsedMs === null ? '' : ` in ${formatDuration(elapsedMs)}`}; loss ${formatLoss(run.lossBefore)} → ` +
      `${formatLoss(run.lossAfter)} nats a token; ${formatBytes(adapter.sizeBytes)}.`,
  )
  if (run.heldOutCount > 0) {
    output.line(
      `On ${count(run.heldOutCount, 'held-out example')}: loss ${formatLoss(run.heldOutLossBefore)} → ` +
        `${formatLoss(run.heldOutLossAfter)} nats a token.`,
    )
  }
  for (const { seed, step, heldOutLoss, stoppedEarly } of seedsToTell(run)) {
    output.line(
      `Seed ${seed}: held-out loss ${formatLoss(heldOutLoss)} after ${count(step, 'step')}${stoppedEarly ? ' (stopped early)' : ''}.`,
    )
  }
  if (run.report?.preference != null) {
    const { accuracy, margin } = run.report.preference
    output.line(
      `Preferred answers win in ${Math.round(accuracy * 100)} % of the pairs, by a margin of ${margin.toFixed(2)}.`,
    )
  }
  for (const notice of run.report?.notices ?? []) output.line(inEnglish(notice))
  output.line(`Talk to it with: veranda chat --adapter "${adapter.name}"`)
  return {
    name: adapter.name,
    id: adapter.id,
    runId: run.id,
    model: run.modelId,
    examples: run.exampleCount,
    heldOutExamples: run.heldOutCount,
    steps: run.steps,
    tokensPerSecond: run.tokensPerSecond,
    peakMemoryBytes: run.peakMemoryBytes,
    lossBefore: run.lossBefore,
    lossAfter: run.lossAfter,
    heldOutLossBefore: run.heldOutLossBefore,
    heldOutLossAfter: run.heldOutLossAfter,
    adapterBytes: adapter.sizeBytes,
    elapsedMs,
    settings: run.settings,
    report: run.report && { ...run.report, notices: run.report.notices.map(inEnglish) },
  }
}

/** One seed that went to its end says nothing new. */
function seedsToTell({ report }: Run) {
  const results = report?.seedResults ?? []
  return results.length > 1 || results.some((result) => result.stoppedEarly) ? results : []
}
