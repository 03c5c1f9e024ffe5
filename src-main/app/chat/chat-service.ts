/** One answer for the command line. */
import type { Engine } from '../../engine/contract.ts'
import { applyChanges } from '../apply-changes.ts'
import type { Adapters } from '../assistants/adapter-service.ts'
import type { ResolvePair } from '../assistants/answering-pair.ts'
import type { ChatService } from '../services.ts'
import type { SettingsService } from '../settings/settings.ts'
import { chatInput } from './answer.ts'

export function openChat(
  engine: Engine,
  adapters: Adapters,
  settings: SettingsService,
  resolvePair: ResolvePair,
): ChatService {
  return {
    async *answer({ messages, model, adapter, sampling, fast, topLogprobs = null }, signal) {
      const found = adapter === null ? { adapter: null, strength: 1 } : adapters.find(adapter)
      const pair = await resolvePair({ model, ...found })
      const current = settings.get()
      const merged = {
        ...current,
        sampling: applyChanges(current.sampling, sampling ?? {}),
        fast: fast ?? current.fast,
      }
      return yield* engine.run('chat', { ...chatInput(pair, messages, merged), topLogprobs }, signal)
    },
  }
}
