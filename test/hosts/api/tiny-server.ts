import type { ChatRequest } from '../../../src-main/app/services.ts'
import { Failure } from '../../../src-main/contract/failure.ts'
import { chat } from '../../../src-main/engine/chat.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { type ApiServer, startApiServer } from '../../../src-main/hosts/api/server.ts'
import { writeAdapter } from '../../engine/tiny-adapters.ts'
import { engineResources, temporaryFolder, tinyChatModel } from '../../engine/tiny-chat-model.ts'
import { adapter, model } from '../cli/command-line.ts'

export interface TinyServer extends ApiServer {
  readonly loaded: LoadedModel
  /** Requests whose answers were to be stopped. */
  aborted(): number
}

/** The API over the tiny model and an adapter of it, answered by the engine's operation in this process. */
export async function startTinyServer(token: string): Promise<TinyServer> {
  const resources = engineResources()
  const modelDirectory = await tinyChatModel()
  const loaded = resources.model(modelDirectory)
  const file = writeAdapter(temporaryFolder(), loaded.folder, 1)
  const off = { topK: 0, minP: 0, repeatPenalty: 1 }
  let aborted = 0
  const server = await startApiServer({
    token,
    port: 0,
    services: {
      models: { list: () => [model] } as never,
      adapters: {
        list: () => [adapter],
        find(reference: string) {
          if (reference === adapter.name) return { adapter, strength: 1 }
          throw new Failure('adapter-not-found', `There is no assistant “${reference}”.`)
        },
      } as never,
      chat: {
        async *answer(request: ChatRequest, signal = new AbortController().signal) {
          signal.addEventListener('abort', () => aborted++)
          const { messages, sampling, topLogprobs = null } = request
          const { temperature = 0, topP = 1, seed, maxTokens = 200 } = sampling ?? {}
          const chosen = { ...off, temperature, topP, seed: seed ?? 0 }
          const by = request.adapter === null ? null : file
          const input = { modelDirectory, messages, adapter: by, sampling: chosen, maxTokens, topLogprobs }
          return yield* chat(resources)(input, signal)
        },
      },
    },
  })
  return { ...server, loaded, aborted: () => aborted }
}
