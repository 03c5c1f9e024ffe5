/** How well a model, with or without an adapter, knows the answers of examples. */
import { Failure } from '../../contract/failure.ts'
import type { Engine } from '../../engine/contract.ts'
import { withSystemPrompt } from '../personalize/dataset.ts'
import type { Services } from '../services.ts'
import type { Adapters } from './adapter-service.ts'
import type { ResolvePair } from './answering-pair.ts'

export function evaluation(
  engine: Engine,
  adapters: Adapters,
  resolvePair: ResolvePair,
): Services['evaluate'] {
  return async function* evaluate({ examples, model, adapter, systemPrompt }, signal) {
    if (examples.length === 0) throw new Failure('no-examples', 'There are no examples to evaluate.')
    const found = adapter === null ? { adapter: null, strength: 1 } : adapters.find(adapter)
    const pair = await resolvePair({ model, ...found })
    const withIds = withSystemPrompt(examples, systemPrompt).map(({ messages }, index) => ({
      id: String(index + 1),
      messages,
    }))
    return yield* engine.run('evaluate', { ...pair, examples: withIds }, signal)
  }
}
