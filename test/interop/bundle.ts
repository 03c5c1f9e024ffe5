/** What “bundle export” writes, trained by PEFT on Accelerate in two processes, and brought back. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultTrainingSettings } from '../../src-main/app/personalize/default-settings.ts'
import type { Parity } from '../../src-main/engine/contract.ts'
import { tokenizeExample } from '../../src-main/engine/examples.ts'
import { scoredTokens } from '../../src-main/core/training/packing.ts'
import { exportBundle } from '../../src-main/engine/export/export-bundle.ts'
import { openExactLogits } from '../../src-main/engine/export/exact-logits.ts'
import { compareLogits, parityPrompts } from '../../src-main/engine/export/parity.ts'
import { readPeftFolder } from '../../src-main/engine/export/peft-folder.ts'
import { importModel } from '../../src-main/engine/import-model.ts'
import type { EngineResources } from '../../src-main/engine/resources.ts'
import { type GeneratedShape, writeGeneratedModel } from '../engine/generated-model.ts'
import { finish } from '../engine/tiny-chat-model.ts'
import { python } from './environment.ts'
import type { Program } from './program.ts'

const examples = ['red', 'green', 'blue', 'black', 'white'].map((colour) => ({
  messages: [
    { role: 'user' as const, content: `Is it ${colour}?` },
    { role: 'assistant' as const, content: `Yes, it is ${colour}.` },
  ],
}))

export interface BundleResult {
  /** Between what the trained adapter says here and in PEFT. */
  readonly parity: Parity
  /** Between the adapter and the model alone: what was learned. */
  readonly learned: Parity
  readonly losses: readonly number[]
  readonly processes: number
  /** Over all examples, as the script counts them and as we do. */
  readonly learnedTokens: readonly [theirs: number, ours: number]
}

/** Over a model of random weights; the losses are those that the script prints. */
export async function trainBundle(
  resources: EngineResources,
  peft: Program,
  shape: GeneratedShape,
): Promise<BundleResult> {
  const folder = mkdtempSync(join(tmpdir(), 'veranda-bundle-'))
  try {
    const directory = join(folder, 'imported')
    const sourcePath = writeGeneratedModel(join(folder, 'source'), shape)
    mkdirSync(directory)
    const signal = new AbortController().signal
    const input = { sourcePath, targetDirectory: directory, name: 'generated' }
    await finish(importModel(resources)(input, signal))
    const bundle = join(folder, 'bundle')
    const files = {
      'dataset.jsonl': examples.map((example) => `${JSON.stringify(example)}\n`).join(''),
      'train.py': readFileSync(new URL('../../resources/bundle/train.py', import.meta.url), 'utf8'),
    }
    const settings = { ...defaultTrainingSettings, rank: 16, epochs: 6, batchTokens: 64, learningRate: 0.05 }
    await finish(
      exportBundle(resources)(
        { modelDirectory: directory, settings, files, includesModel: true, path: bundle },
        signal,
      ),
    )
    const printed = launch(bundle, 2)
    const losses = [...printed.matchAll(/loss ([\d.]+) nats/g)].map(([, loss]) => Number(loss))
    const model = resources.model(directory)
    const adapter = readPeftFolder(join(bundle, 'adapter'), model)
    const counted = examples.reduce(
      (sum, example) => sum + scoredTokens(tokenizeExample(model, { id: '', ...example })),
      0,
    )
    const prompts = parityPrompts(model)
    const own = async (of: typeof adapter | null): Promise<readonly Float32Array[]> => {
      const source = await openExactLogits(model, of === null ? [] : [of], resources)
      const all: Float32Array[] = []
      for (const prompt of prompts) all.push(await source.logits(prompt))
      await source.close()
      return all
    }
    const adapted = await own(adapter)
    const theirs = await peft.logits({
      model: join(bundle, 'model'),
      adapter: join(bundle, 'adapter'),
      prompts,
    })
    const { vocabularySize } = model.folder.model.config
    return {
      parity: compareLogits(adapted, theirs, vocabularySize),
      learned: compareLogits(adapted, await own(null), vocabularySize),
      losses,
      learnedTokens: [Number(/(\d+) learned/.exec(printed)?.[1]), counted],
      processes: Number(/(\d+) processes/.exec(printed)?.[1]),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the training printed. */
function launch(bundle: string, processes: number): string {
  const parameters = [
    '-m',
    'accelerate.commands.launch',
    '--multi_gpu',
    '--num_processes',
    String(processes),
    'train.py',
  ]
  const env = {
    ...process.env,
    ACCELERATE_USE_CPU: 'true',
    HF_HUB_OFFLINE: '1',
    OMP_NUM_THREADS: '1',
    PYTHONWARNINGS: 'ignore',
  }
  return execFileSync(python(), parameters, {
    cwd: bundle,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
