import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { activationBytes, ActivationRows } from '../../src-main/core/training/activation-rows.ts'
import { batchOf } from '../../src-main/core/training/batch.ts'
import { FrozenPrefix, planPrefix } from '../../src-main/core/training/frozen-prefix.ts'
import { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { packRows } from '../../src-main/core/training/packing.ts'
import { fillPrefix, measure } from '../../src-main/core/training/trainer.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import { rand, TorchGenerator } from '../../src-main/core/vera/random.ts'
import { tokenizeExamples } from '../../src-main/engine/examples.ts'
import { openScratchBytes } from '../../src-main/engine/scratch-bytes.ts'
import { engineResources, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'
import { equalWeights } from '../core/training/equal-weights.ts'

const resources = engineResources()
let modelDirectory = ''
beforeAll(async () => {
  modelDirectory = await tinyChatModel()
})

const pairs = [
  ['hi', 'hello there'],
  ['name?', 'pim'],
  ['dog?', 'bramble'],
  ['where?', 'in the yellow house'],
] as const
const conversations = pairs.map(([question, answer], index) => ({
  id: String(index),
  messages: [
    { role: 'system' as const, content: 'be kind' },
    { role: 'user' as const, content: question },
    { role: 'assistant' as const, content: answer },
  ],
}))

/** Losses and gradients of some packings, entered at the embedding and above the frozen layers. */
async function compare(precision: 'float16' | 'float32', memoryBytes: number) {
  const model = resources.model(modelDirectory)
  const { config } = model.folder.model
  const layout = layoutVera(config, {
    rank: 4,
    targets: ['q_proj', 'down_proj'],
    layers: [config.layerCount - 1],
  })
  const vectors = rand(new TorchGenerator(5), layout.length).map((value) => value - 0.5)
  const adapter = liveAdapter(layout, vectors, projections({ ...layout, key: 1 }))
  const examples = tokenizeExamples(model, conversations)
  const stranger = { ...examples[1], id: 'stranger' } as (typeof examples)[number]
  const run = async (pass: TrainingPass) => {
    const gradient = new Float32Array(layout.length)
    const losses: number[] = []
    for (const group of [examples, examples.slice(2), [...examples.slice(0, 1), stranger]]) {
      losses.push(await pass.addGradient(batchOf(packRows(group, 50)), adapter, equalWeights(1), gradient))
    }
    for await (const { lossSum } of measure(pass, adapter, examples)) losses.push(lossSum)
    losses.push(await pass.loss(batchOf(packRows(examples, 60)), null))
    return { losses, gradient }
  }
  const pass = await TrainingPass.open(resources.runtime, model.weights)
  const plain = await run(pass)
  const plan = planPrefix(examples)
  const path = join(temporaryFolder(), 'prefix')
  const scratch = openScratchBytes(
    path,
    activationBytes(plan.rowCount, config.hiddenSize, precision),
    memoryBytes,
  )
  const rows = new ActivationRows(scratch, plan.rowCount, config.hiddenSize, precision)
  const prefix = new FrozenPrefix(config.layerCount - 1, plan, rows, config.hiddenSize)
  for await (const _ of fillPrefix(pass, prefix, examples));
  pass.enterAbove(prefix)
  const wasFile = existsSync(path)
  const entered = await run(pass)
  await pass.close()
  scratch.close()
  return { plain, entered, wasFile, plan, examples, path }
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, index) => Math.abs(value - (b[index] ?? 0))))
const largest = (a: ArrayLike<number>): number => Math.max(...Array.from(a, Math.abs))

describe('passes that start above the frozen layers', () => {
  test('have the losses and gradients of whole passes, whatever the packing', async () => {
    const { plain, entered, wasFile } = await compare('float32', 1e6)
    expect(wasFile).toBe(false)
    expect(largestDifference(plain.losses, entered.losses)).toBeLessThan(1e-6 * largest(plain.losses))
    expect(largestDifference(plain.gradient, entered.gradient)).toBeLessThan(1e-5 * largest(plain.gradient))
  })

  test('move little when the hidden states are kept in 16 bits, here in a file', async () => {
    const { plain, entered, wasFile, path } = await compare('float16', 0)
    expect(wasFile).toBe(true)
    expect(existsSync(path)).toBe(false)
    expect(largestDifference(plain.losses, entered.losses)).toBeLessThan(5e-4 * largest(plain.losses))
    expect(entered.losses).not.toEqual(plain.losses)
    expect(largestDifference(plain.gradient, entered.gradient)).toBeLessThan(1e-2 * largest(plain.gradient))
  })

  test('hold what all examples begin with once', async () => {
    const { plan, examples } = await compare('float32', 1e6)
    expect(plan.shared).toBeGreaterThan(5)
    const tokens = examples.reduce((sum, { ids }) => sum + ids.length, 0)
    expect(plan.rowCount).toBe(tokens - (examples.length - 1) * plan.shared)
  })
})
