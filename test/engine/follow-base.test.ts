import { expect, test } from 'vitest'
import { batchOf } from '../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { packRows } from '../../src-main/core/training/packing.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import { rand, TorchGenerator } from '../../src-main/core/vera/random.ts'
import { tokenizeExamples } from '../../src-main/engine/examples.ts'
import { engineResources, tinyChatModel } from './tiny-chat-model.ts'
import { equalWeights } from '../core/training/equal-weights.ts'

const conversations = ['hello there', 'in the yellow house', 'seven'].map((answer, index) => ({
  id: String(index),
  messages: [
    { role: 'user' as const, content: `question ${index}?` },
    { role: 'assistant' as const, content: answer },
  ],
}))

test('examples that follow the base lose nothing at the base, and their gradient leads back to it', async () => {
  const resources = engineResources()
  const model = resources.model(await tinyChatModel())
  const layout = layoutVera(model.folder.model.config, {
    rank: 4,
    targets: ['q_proj', 'down_proj'],
    layers: null,
  })
  const vectors = rand(new TorchGenerator(5), layout.length).map((value) => value - 0.5)
  const adapter = liveAdapter(layout, vectors, projections({ ...layout, key: 1 }))
  const [first, second, third] = tokenizeExamples(model, conversations)
  if (first === undefined || second === undefined || third === undefined) throw new Error('three examples')
  const pass = await TrainingPass.open(resources.runtime, model.weights)
  const alone = (example: typeof first) => batchOf(packRows([example], 60))
  const labelled = await pass.loss(alone(third), adapter)
  await pass.followBase(batchOf(packRows([first, second], 60)))

  const together = batchOf(packRows([third, second, first], 90))
  expect(Math.abs(await pass.loss(batchOf(packRows([first, second], 40)), null))).toBeLessThan(1e-4)
  const apart = (await pass.loss(alone(first), adapter)) + (await pass.loss(alone(second), adapter))
  expect(apart).toBeGreaterThan(0.01)
  expect(await pass.loss(together, adapter)).toBeCloseTo(apart + labelled, 3)

  const gradient = new Float32Array(layout.length)
  await pass.addGradient(together, adapter, equalWeights(1), gradient)
  const norm = Math.hypot(...gradient)
  const moved = async (step: number) =>
    pass.loss(together, {
      ...adapter,
      vectors: vectors.map((v, i) => v + (step * (gradient[i] ?? 0)) / norm),
    })
  const step = 1e-2
  const slope = ((await moved(step)) - (await moved(-step))) / (2 * step)
  expect(Math.abs(slope / norm - 1)).toBeLessThan(2e-2)
  await pass.close()
})
