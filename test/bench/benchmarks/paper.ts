import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { presetSettings } from '../../../src-main/app/personalize/presets.ts'
import type { TrainingSettings } from '../../../src-main/contract/entities.ts'
import { encodeAdapter } from '../../../src-main/core/vera/adapter-file.ts'
import { initialVectors } from '../../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { chat } from '../../../src-main/engine/chat.ts'
import type { TrainingExample, TrainResult } from '../../../src-main/engine/contract.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { EngineResources } from '../../../src-main/engine/resources.ts'
import { chooseRuntime } from '../../../src-main/engine/runtime.ts'
import { train } from '../../../src-main/engine/train.ts'
import { modelDirectory } from '../../model-files.ts'
import type { Study } from '../benchmark.ts'
import { heldOut as paraphrases, persona } from '../learning/persona.ts'
import { exampleOf, type Meaning, question, readE2e, spread } from '../paper/e2e.ts'
import { findPython } from '../python.ts'
import { threads } from './real-model.ts'

const trainingMeanings = 16
const testMeanings = 8
const longestAnswer = 60
const signal = new AbortController().signal
/** The recipe that is quickest to a held-out loss: see learning/README.md. Nothing is asked here of what it forgets. */
const recipe = {
  ...presetSettings(),
  epochs: 4,
  learningRate: 0.2,
  schedule: 'linear',
  replay: 0,
  evaluations: 1,
} as const

/**
 * What the paper's tables vary (arXiv 2310.11454, sections 4.1 and 4.6), over the settings of the first. LoRA has rates of
 * its own: at VeRA's it no longer learns. No variant's rate was searched for.
 */
const variants: Readonly<Record<string, Partial<TrainingSettings>>> = {
  'VeRA, rank 64': {},
  'VeRA, rank 16': { rank: 16 },
  'VeRA, rank 256': { rank: 256 },
  'VeRA, rank 1024': { rank: 1024 },
  'only λ_d': { lambdaBRate: 0, dInitial: 0, learningRate: 5e-2 },
  'only λ_b': { lambdaDRate: 0 },
  'd_initial 1': { dInitial: 1 },
  'd_initial 1e-7': { dInitial: 1e-7 },
  'LoRA, rank 4': { method: 'lora', rank: 4, alpha: 8, learningRate: 4e-3 },
  'LoRA, rank 16': { method: 'lora', rank: 16, alpha: 32, learningRate: 4e-3 },
}

/** The paper's comparison on the default model: parameters, bytes, loss and BLEU of each way to adapt. */
export const paper: Study = {
  name: 'paper',
  description: `VeRA's ranks, vectors and initialisations, and LoRA, on ${trainingMeanings} examples of E2E and on the sample persona`,
  async run() {
    const e2e = readE2e()
    const python = findPython()
    if (modelDirectory === null || e2e === null || python === null) return null
    const resources = new EngineResources(chooseRuntime({ threads, exact: false }).runtime, loadCodecs())
    const test = spread(e2e.test, testMeanings)
    const learned = spread(e2e.training, trainingMeanings).map(exampleOf)
    const table: Record<string, Row> = {}
    for (const [name, changes] of Object.entries(variants)) {
      const settings: TrainingSettings = { ...recipe, ...changes }
      const [restaurants, workshop] = [
        { examples: learned, heldOut: test.map(exampleOf), settings },
        { examples: persona, heldOut: paraphrases, settings },
      ]
      const described = await adapted(resources, modelDirectory, restaurants, async (path) =>
        bleu(python, test, await describe(resources, modelDirectory ?? '', path, test)),
      )
      const taught = await adapted(resources, modelDirectory, workshop, () => Promise.resolve(null))
      table[name] = {
        parameters: described.parameters,
        bytes: described.bytes,
        e2eHeldOutLoss: described.result.heldOutLossAfter,
        e2eBleu: described.answer,
        personaLoss: taught.result.lossAfter,
        personaHeldOutLoss: taught.result.heldOutLossAfter,
      }
      console.error(`  ${name}: ${JSON.stringify(table[name])}`)
    }
    await resources.release(modelDirectory)
    return table
  },
}

interface Row {
  readonly parameters: number
  readonly bytes: number
  readonly e2eHeldOutLoss: number | null
  readonly e2eBleu: number | null
  readonly personaLoss: number | null
  readonly personaHeldOutLoss: number | null
}

interface Task {
  readonly examples: readonly TrainingExample[]
  readonly heldOut: readonly TrainingExample[]
  readonly settings: TrainingSettings
}

/** Learns, and asks something of the adapter while it is there. */
async function adapted<T>(
  resources: EngineResources,
  directory: string,
  task: Task,
  ask: (adapterPath: string) => Promise<T>,
): Promise<{ result: TrainResult; parameters: number; bytes: number; answer: T }> {
  const runDirectory = mkdtempSync(join(tmpdir(), 'veranda-paper-'))
  try {
    const startPath =
      task.settings.lambdaBRate === 0 ? writeStart(resources, directory, task, runDirectory) : null
    const input = { ...task, modelDirectory: directory, replay: [], startPath, runDirectory }
    const run = train(resources)(input, signal)
    let next = await run.next()
    let parameters = 0
    while (next.done !== true) {
      if (next.value.type === 'prepared') parameters = next.value.trainableParameters
      next = await run.next()
    }
    const path = next.value.adapterPath ?? ''
    return { result: next.value, parameters, bytes: statSync(path).size, answer: await ask(path) }
  } finally {
    rmSync(runDirectory, { recursive: true })
  }
}

/** A λ_b that isn't learned is 1: at its usual 0 no λ_d would change anything. */
function writeStart(
  resources: EngineResources,
  directory: string,
  { settings }: Task,
  folder: string,
): string {
  const { model, summary } = resources.model(directory).folder
  const layout = layoutVera(model.config, settings)
  const vectors = initialVectors(layout, settings.dInitial)
  for (const { name, start, length } of layout.sites.flatMap((site) => site.parts)) {
    if (name === 'lambda_b') vectors.fill(1, start, start + length)
  }
  const made = { baseModelHash: summary.sourceHash, chatTemplateHash: '', createdBy: 'bench' }
  const path = join(folder, 'start.safetensors')
  writeFileSync(path, encodeAdapter({ ...settings, ...made }, layout, vectors))
  return path
}

async function describe(
  resources: EngineResources,
  directory: string,
  adapterPath: string,
  meanings: readonly Meaning[],
): Promise<readonly string[]> {
  const texts: string[] = []
  for (const { meaning } of meanings) {
    const answering = chat(resources)(
      {
        modelDirectory: directory,
        messages: [{ role: 'user', content: question(meaning) }],
        adapter: { path: adapterPath, strength: 1 },
        sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 },
        maxTokens: longestAnswer,
      },
      signal,
    )
    let next = await answering.next()
    while (next.done !== true) next = await answering.next()
    texts.push(next.value.text.trim())
  }
  return texts
}

function bleu(python: string, meanings: readonly Meaning[], texts: readonly string[]): number {
  const script = fileURLToPath(new URL('../paper/bleu.py', import.meta.url))
  const input = `${JSON.stringify([texts, meanings.map(({ references }) => references)])}\n`
  return Number(execFileSync(python, [script], { input, encoding: 'utf8' }))
}
