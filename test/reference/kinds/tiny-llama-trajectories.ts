import { join } from 'node:path'
import { adamw, ADAMW_DEFAULTS } from '../../../src-main/core/training/adamw.ts'
import { newOptimizerState, oneRate } from '../../../src-main/core/training/optimizer.ts'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import { type StepReport, takeStep } from '../../../src-main/core/training/trainer.ts'
import { Check } from '../check.ts'
import { readJson, Tensors } from '../fixtures.ts'
import { withImported } from '../imported-model.ts'
import type { ReferenceKind } from '../kind.ts'
import {
  batchesIn,
  batchNamed,
  fixtureAdapter,
  flatVector,
  folderOf,
  holdsVectors,
  meanGradient,
} from '../tiny-llama.ts'

interface Trajectory {
  readonly spec: {
    readonly kind: 'vera' | 'lora'
    readonly variant: string
    readonly steps: number
    readonly lr: number
    readonly wd: number
    readonly clip: number | null
    readonly warmup: number | null
    readonly accum: number
  }
  readonly batches_cycled: readonly string[]
  readonly log: readonly {
    readonly loss: number
    readonly lr: number
    readonly grad_norm_before_clip: number
  }[]
  readonly tolerance: {
    readonly loss_each_step: number
    readonly final_params_max_abs: number
    readonly final_params_relative_l2: number
  }
}

const gradientTolerance = { absolute: 5e-6, relative: 1e-3 }

/** AdamW runs with clipping, warm-up, cosine and accumulation, step by step. */
export const tinyLlamaTrajectories: ReferenceKind = {
  name: 'tiny-llama trajectories',
  path: 'tiny-llama/trajectories',
  async check(reference) {
    const check = new Check()
    const folder = join(reference, 'tiny-llama', 'trajectories')
    const runs = readJson<Readonly<Record<string, Trajectory>>>(join(folder, 'trajectories.json'))
    for (const [name, run] of Object.entries(runs)) {
      await checkRun(check, reference, name, run, new Tensors(join(folder, `${name}.safetensors`)))
    }
    return check.outcome()
  },
}

async function checkRun(
  check: Check,
  reference: string,
  name: string,
  { spec, batches_cycled, log, tolerance }: Trajectory,
  tensors: Tensors,
): Promise<void> {
  const cycle = batches_cycled.map((batch) => batchNamed(batchesIn(reference), batch))
  const settings = {
    schedule: {
      kind: spec.warmup === null ? ('constant' as const) : ('cosine' as const),
      peak: spec.lr,
      warmupSteps: spec.warmup ?? 0,
      totalSteps: spec.steps,
    },
    clipNorm: spec.clip ?? 0,
  }
  await withImported(folderOf(reference, spec.variant), async (model, runtime) => {
    const adapter = fixtureAdapter(reference, spec.variant, model.folder.model.config, tensors, 'init')
    const { layout, vectors } = adapter
    const initial = vectors.slice()
    const pass = await TrainingPass.open(runtime, model.weights)
    const optimizer = adamw({ ...ADAMW_DEFAULTS, weightDecay: spec.wd })
    const groups = oneRate(layout.length)
    const state = newOptimizerState(optimizer, layout.length)
    const reports: StepReport[] = []
    for (let step = 1; step <= spec.steps; step++) {
      const first = (step - 1) * spec.accum
      const batches = Array.from({ length: spec.accum }, (_, part) => cycle[(first + part) % cycle.length])
      const taken = batches.filter((batch) => batch !== undefined)
      const prefix = `step${String(step).padStart(2, '0')}`
      const holds = (place: string): boolean => holdsVectors(tensors, place, layout)
      if (holds(`grad_${prefix}`)) {
        const { gradient } = await meanGradient(pass, adapter, taken)
        const expected = flatVector(tensors, `grad_${prefix}`, layout)
        check.close(`${name} gradient of ${prefix}`, gradient, expected, gradientTolerance)
      }
      reports.push(await takeStep(pass, adapter, state, taken, { ...settings, optimizer, groups }))
      if (holds(prefix)) {
        const absolute = tolerance.final_params_max_abs
        check.close(`${name} ${prefix}`, vectors, flatVector(tensors, prefix, layout), { absolute })
      }
      if (step === spec.steps) {
        const distance = relativeDistance(vectors, flatVector(tensors, prefix, layout), initial)
        check.close(`${name} distance`, [distance], [0], { absolute: tolerance.final_params_relative_l2 })
      }
    }
    await pass.close()
    const column = (
      what: string,
      actual: (report: StepReport) => number,
      expected: (entry: Trajectory['log'][number]) => number,
      allowed: { readonly absolute: number; readonly relative?: number },
    ): void => check.close(`${name} ${what}`, reports.map(actual), log.map(expected), allowed)
    column(
      'losses',
      (report) => report.loss,
      (entry) => entry.loss,
      { absolute: tolerance.loss_each_step },
    )
    column(
      'learning rates',
      (report) => report.learningRate,
      (entry) => entry.lr,
      { absolute: 1e-9 },
    )
    column(
      'gradient norms',
      (report) => report.gradientNorm,
      (entry) => entry.grad_norm_before_clip,
      gradientTolerance,
    )
  })
}

/** How far off the expected end is, as a share of the way from the start to it. */
function relativeDistance(actual: Float32Array, expected: Float32Array, start: Float32Array): number {
  const norm = (a: Float32Array, b: Float32Array): number =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] ?? Number.NaN)) ** 2, 0))
  return norm(actual, expected) / norm(expected, start)
}
