import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { presetSettings } from '../../../src-main/app/personalize/presets.ts'
import type { TrainingSettings } from '../../../src-main/contract/entities.ts'
import type { TokenizedExample } from '../../../src-main/core/training/packing.ts'
import { tokenizeExamples } from '../../../src-main/engine/examples.ts'
import { modelDirectory, modelFile } from '../../model-files.ts'
import type { Study } from '../benchmark.ts'
import { heldOut, persona } from '../learning/persona.ts'
import { findPython } from '../python.ts'
import { type Curve, timeToLoss } from '../time-to-loss.ts'
import { openRealModel, runtimeNamed, threads } from './real-model.ts'

/**
 * The recipe that is quickest to a held-out loss. It is no preset: what it learns costs more of what the model knew,
 * see learning/README.md.
 */
const quickest = { epochs: 4, learningRate: 0.2, schedule: 'linear' } as const

/** Ours by what they show: each differs from the first by one lever. */
const variants: Readonly<
  Record<string, { readonly program?: string; readonly changes?: Partial<TrainingSettings> }>
> = {
  veranda: {},
  'quickest recipe': { changes: quickest },
  'exact arithmetic': { program: 'veranda --exact' },
  'without the addon': { program: 'veranda, onnxruntime-node' },
  'quick preset': { changes: presetSettings('quick') },
  'LoRA, rank 16': { changes: { method: 'lora', rank: 16, alpha: 16, learningRate: 1e-3 } },
}

interface JobResult extends Curve {
  readonly peakBytes: number
}

/**
 * The personalize job: the sample persona; general questions are not learned along, as PEFT's loop doesn't. PEFT has
 * the default recipe as ours has (`timeToLossRatio`), and the quickest one; our quickest is measured against both
 * (`quickestRecipe`: `same`, and `default`, what program and recipe are worth together). Each runs in a process of its own and measures the paraphrases after each epoch,
 * which counts as time of theirs and of ours.
 */
export const trainingJob: Study = {
  name: 'train-job',
  group: 'train',
  description: `the sample persona learned by PEFT's plain loop and by ours, ${threads} threads, a process each`,
  isSummary: true,
  async run() {
    const runtime = runtimeNamed('veranda')
    const model = runtime === null ? null : openRealModel(runtime)
    if (model === null || modelDirectory === null) return null
    const settings = { ...presetSettings(), replay: 0 }
    const jobs: Record<string, JobResult> = {}
    const python = findPython()
    if (python !== null) {
      const tokenized = {
        examples: tokenizeExamples(model, persona),
        heldOut: tokenizeExamples(model, heldOut),
      }
      const ours = { ...settings, batchSize: batchSize(settings.batchTokens, tokenized.examples) }
      for (const [name, recipe] of Object.entries({
        peft: ours,
        'peft, quickest recipe': { ...ours, ...quickest },
      })) {
        jobs[name] = await runJob(python, [script('../peft_job.py'), modelFile ?? '', String(threads)], {
          ...tokenized,
          ...recipe,
        })
        console.error(`  ${name}: ${summary(jobs[name])}`)
      }
    }
    await model.close()
    for (const [name, { program = 'veranda', changes = {} }] of Object.entries(variants)) {
      const changed = { ...settings, ...changes, replay: 0 }
      const used = { ...changed, evaluations: changed.epochs }
      const input = { modelDirectory, examples: persona, heldOut, replay: [], settings: used }
      jobs[name] = await runJob(process.execPath, [script('../children/training-job.ts')], { program, input })
      console.error(`  ${name}: ${summary(jobs[name])}`)
    }
    return { ...ratios(jobs), jobs }
  },
}

/** Against PEFT, above 1 where ours is better but for memory; without PEFT there are none. */
function ratios({
  peft,
  'peft, quickest recipe': quickestPeft,
  veranda: ours,
  'quickest recipe': quickestOurs,
  ...others
}: Readonly<Record<string, JobResult>>) {
  if (peft === undefined || quickestPeft === undefined) return {}
  if (ours === undefined || quickestOurs === undefined) return {}
  const against = (job: JobResult, other = peft) => {
    const [theirs, mine] = timeToLoss(other, job)
    return theirs / mine
  }
  return {
    memoryRatio: ours.peakBytes / peft.peakBytes,
    timeToLossRatio: against(ours),
    quickestRecipe: { same: against(quickestOurs, quickestPeft), default: against(quickestOurs) },
    levers: Object.fromEntries(
      Object.entries(others).map(([name, job]) => [
        name,
        { timeToLossRatio: against(job), memoryRatio: job.peakBytes / peft.peakBytes },
      ]),
    ),
  }
}

/** As many examples as our steps take on average; a step of PEFT's loop always takes equally many. */
function batchSize(batchTokens: number, examples: readonly TokenizedExample[]): number {
  const tokens = examples.reduce((sum, { ids }) => sum + ids.length, 0)
  return Math.max(1, Math.round((batchTokens * examples.length) / tokens))
}

function summary({ points, peakBytes }: JobResult): string {
  const last = points.at(-1)
  return `${last?.seconds.toFixed(1)} s, held-out loss ${last?.loss.toFixed(3)}, ${Math.round(peakBytes / 1e6)} MB`
}

async function runJob(program: string, parameters: readonly string[], input: unknown): Promise<JobResult> {
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(`${JSON.stringify(input)}\n`)
  const points: { seconds: number; loss: number }[] = []
  let peakBytes = NaN
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Partial<{ seconds: number; loss: number; peakBytes: number }>
    if (said.peakBytes !== undefined) peakBytes = said.peakBytes
    if (said.seconds !== undefined && said.loss !== undefined) {
      points.push({ seconds: said.seconds, loss: said.loss })
    }
  }
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  if (code !== 0) throw new Error(`${parameters[0]} ended with code ${String(code)}.`)
  return { points, peakBytes }
}

function script(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
