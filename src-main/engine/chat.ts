import { answer } from './answer.ts'
import type { Operation } from './operation-table.ts'
import type { EngineResources } from './resources.ts'

/** Answers a conversation with the model, token by token. */
export function chat(resources: EngineResources): Operation<'chat'> {
  return async function* (input, signal) {
    const model = resources.model(input.modelDirectory)
    const leave = resources.foreground.enter()
    try {
      const adapter = input.adapter === null ? null : resources.adapters.open(input.adapter, model.folder)
      return yield* answer(model, { ...input, adapter }, signal)
    } finally {
      leave()
    }
  }
}
