import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseExamples } from '../../../src-main/app/examples/parse-examples.ts'
import { LINEAR_KINDS } from '../../../src-main/core/llama/linear-kinds.ts'
import { encodeChat } from '../../../src-main/core/tokenizer/chat-template.ts'
import { adamw, ADAMW_DEFAULTS } from '../../../src-main/core/training/adamw.ts'
import { newOptimizerState, oneRate } from '../../../src-main/core/training/optimizer.ts'
import type { Batch } from '../../../src-main/core/training/batch.ts'
import { clipGradient } from '../../../src-main/core/training/clip.ts'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import { type StepReport, takeStep } from '../../../src-main/core/training/trainer.ts'
import { namedParts } from '../../../src-main/core/vera/adapter-tensors.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { layoutVera, type VeraLayout } from '../../../src-main/core/vera/layout.ts'
import { type LiveAdapter, liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../../src-main/core/vera/projections.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { drain } from '../../../src-main/hosts/cli/drain.ts'
import { Check } from '../check.ts'
import { readJson, Tensors } from '../fixtures.ts'
import { referenceLanes, withFloat32Sums } from '../float32-sums.ts'
import { withFolder } from '../imported-model.ts'
import type { ModelKind } from '../kind.ts'
import { batchIn, countLabels, meanGradient } from '../tiny-llama.ts'

interface Fixture {
  readonly settings: {
    /** Which of the training data's pairs make the batch. */
    readonly pairs: readonly number[]
    readonly r: number
    readonly key: number
    readonly d_initial: number
    readonly lr: number
    readonly steps: number
    /** The layers whose vectors the fixture holds. */
    readonly layers: readonly number[]
  }
  readonly scored_tokens: number
  readonly trainable: number
  readonly grad_at_random: { readonly loss: number; readonly grad_norm: number }
  readonly trajectory: readonly {
    readonly loss: number
    readonly lr: number
    readonly grad_norm_before_clip: number
  }[]
}

const lossTolerance = { absolute: 1e-4 }
const normTolerance = { absolute: 0, relative: 1e-3 }
/** What the fixture's settings leave out: PyTorch's weight decay and the customary clipping. */
const optimizer = adamw({ ...ADAMW_DEFAULTS, weightDecay: 0.01 })
const clipNorm = 1

/** VeRA on the real model: the examples as tokens, gradients at random vectors, and a few AdamW steps. */
export const smollm2Training: ModelKind = {
  name: 'smollm2 training',
  path: 'smollm2/vera_training.json',
  check(reference, { directory }) {
    const check = new Check()
    const fixture = readJson<Fixture>(join(reference, 'smollm2', 'vera_training.json'))
    const tensors = new Tensors(join(reference, 'smollm2', 'vera_training.safetensors'))
    const batch = batchIn(tensors, '')
    const { settings } = fixture
    return withFolder(directory, async (model, runtime) => {
      check.equal('scored tokens', countLabels(batch), fixture.scored_tokens)
      await checkExamples(check, reference, model, batch, settings.pairs)
      const { config } = model.folder.model
      const layout = layoutVera(config, { rank: settings.r, targets: LINEAR_KINDS, layers: null })
      check.equal('trainable', layout.length, fixture.trainable)
      const exact = await TrainingPass.open(runtime, model.weights)
      await checkLoss(check, exact, layout, batch, tensors, fixture)
      await exact.close()
      check.skip("gradients by our own float64 sums over the vocabulary: the reference's are float32")
      const pass = await TrainingPass.open(
        withFloat32Sums(runtime, config, referenceLanes(reference)),
        model.weights,
      )
      await checkGradient(check, pass, layout, batch, tensors, fixture)
      await checkSteps(check, pass, layout, batch, tensors, fixture)
      await pass.close()
      return check.outcome()
    })
  },
}

/** The rows of the batch and what they score, made of the training data by the template. */
async function checkExamples(
  check: Check,
  reference: string,
  { tokenizer, chatTemplate }: LoadedModel,
  batch: Batch,
  pairs: readonly number[],
): Promise<void> {
  const path = join(reference, 'training-data', 'openai_chat.jsonl')
  if (!existsSync(path)) {
    check.skip('the batch from the training data, which is not in the folder')
    return
  }
  const { examples } = await drain(parseExamples(path, readFileSync(path)), () => {})
  const length = batch.ids.length / batch.rows
  for (const [row, pair] of pairs.entries()) {
    const messages = examples[pair]?.messages ?? []
    const { ids, scored } = encodeChat(tokenizer, chatTemplate, messages, { addGenerationPrompt: false })
    const start = row * length
    const attended = batch.segments.subarray(start, start + length).filter((segment) => segment >= 0).length
    const expectedIds = [...batch.ids.subarray(start, start + attended)]
    check.equal(`pair ${pair} as tokens`, ids.slice(0, attended), expectedIds)
    const expectedLabels = [...batch.labels.subarray(start, start + length)]
    const labels = expectedLabels.map((_, place) => (scored[place + 1] === true ? ids[place + 1] : -1))
    check.equal(`pair ${pair}, what the loss counts`, labels, expectedLabels)
  }
}

/** The loss in our own arithmetic, whose sums are in float64. */
async function checkLoss(
  check: Check,
  pass: TrainingPass,
  layout: VeraLayout,
  batch: Batch,
  tensors: Tensors,
  { settings, grad_at_random }: Fixture,
): Promise<void> {
  const adapter = randomAdapter(layout, tensors, settings)
  const loss = (await pass.loss(batch, adapter)) / countLabels(batch)
  check.close('loss at random', [loss], [grad_at_random.loss], lossTolerance)
}

/** The fixture's vectors are random in some layers and at their start in the others. */
function randomAdapter(layout: VeraLayout, tensors: Tensors, settings: Fixture['settings']): LiveAdapter {
  const vectors = initialVectors(layout, settings.d_initial)
  const parts = vectorsIn(tensors, 'grad_at_random/param', layout, settings.layers)
  for (const { start, values } of parts) vectors.set(values, start)
  return liveAdapter(layout, vectors, projections({ ...layout, key: settings.key }))
}

async function checkGradient(
  check: Check,
  pass: TrainingPass,
  layout: VeraLayout,
  batch: Batch,
  tensors: Tensors,
  { settings, grad_at_random: expected }: Fixture,
): Promise<void> {
  const { gradient } = await meanGradient(pass, randomAdapter(layout, tensors, settings), [batch])
  check.close('gradient norm', [clipGradient(gradient, 0)], [expected.grad_norm], normTolerance)
  const parts = vectorsIn(tensors, 'grad_at_random/grad', layout, settings.layers)
  for (const { name, start, values } of parts) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const ours = gradient.subarray(start, start + values.length)
    check.close(`gradient of ${name}`, ours, values, { absolute: 1e-4 * largest, relative: 1e-3 })
  }
}

async function checkSteps(
  check: Check,
  pass: TrainingPass,
  layout: VeraLayout,
  batch: Batch,
  tensors: Tensors,
  { settings, trajectory }: Fixture,
): Promise<void> {
  const vectors = initialVectors(layout, settings.d_initial)
  const adapter = liveAdapter(layout, vectors, projections({ ...layout, key: settings.key }))
  const groups = oneRate(layout.length)
  const state = newOptimizerState(optimizer, layout.length)
  const schedule = {
    kind: 'constant' as const,
    peak: settings.lr,
    warmupSteps: 0,
    totalSteps: settings.steps,
  }
  const reports: StepReport[] = []
  for (let step = 0; step < settings.steps; step++) {
    reports.push(await takeStep(pass, adapter, state, [batch], { schedule, optimizer, groups, clipNorm }))
  }
  check.close(
    'losses',
    reports.map((report) => report.loss),
    trajectory.map((entry) => entry.loss),
    lossTolerance,
  )
  check.close(
    'norms',
    reports.map((report) => report.gradientNorm),
    trajectory.map((entry) => entry.grad_norm_before_clip),
    normTolerance,
  )
  const last = `step${String(settings.steps).padStart(2, '0')}`
  for (const { name, start, values } of vectorsIn(tensors, last, layout, settings.layers)) {
    const ours = vectors.subarray(start, start + values.length)
    check.close(`${last} ${name}`, ours, values, { absolute: 1e-4 })
  }
}

interface Vector {
  readonly name: string
  /** In the flat vector. */
  readonly start: number
  readonly values: Float32Array
}

/** The vectors of some layers that the fixture holds under a prefix. */
function vectorsIn(
  tensors: Tensors,
  prefix: string,
  layout: VeraLayout,
  layers: readonly number[],
): readonly Vector[] {
  const sites = layout.sites.filter((site) => layers.includes(site.layer))
  return namedParts({ ...layout, sites }, 'whole').map(({ tensorName, start }) => ({
    name: tensorName,
    start,
    values: tensors.floats(`${prefix}/${tensorName}`),
  }))
}
