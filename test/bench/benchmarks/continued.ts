import { chat } from '../../../src-main/engine/chat.ts'
import type { ChatMessage } from '../../../src-main/engine/contract.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { EngineResources } from '../../../src-main/engine/resources.ts'
import { modelDirectory } from '../../model-files.ts'
import type { Study } from '../benchmark.ts'
import { likeliest } from '../../../src-main/engine/answer.ts'
import { median } from '../measure.ts'
import { runtimeNamed } from './real-model.ts'

const turns = 12
const story =
  'The hens of the yellow house by the river are fed at seven, and Bramble the dog watches. '.repeat(20)

/** What a person waits for who goes on with a conversation. */
export const continued: Study = {
  name: 'continued',
  group: 'chat',
  description: 'from a short message in a conversation to the first token of its answer, milliseconds',
  async run() {
    const runtime = runtimeNamed('veranda')
    if (runtime === null || modelDirectory === null) return null
    const resources = new EngineResources(runtime, loadCodecs())
    const messages: ChatMessage[] = [{ role: 'system', content: story }]
    const waits: number[] = []
    let contextTokens = 0
    for (let turn = 0; turn < turns; turn++) {
      messages.push({ role: 'user', content: `And number ${turn}?` })
      const input = { modelDirectory, messages, adapter: null, sampling: likeliest, maxTokens: 24 }
      const start = performance.now()
      const answering = chat(resources)(input, new AbortController().signal)
      let next = await answering.next()
      if (turn > 0) waits.push(performance.now() - start)
      while (next.done !== true) next = await answering.next()
      contextTokens = next.value.promptTokens
      messages.push({ role: 'assistant', content: next.value.text })
    }
    await resources.release(modelDirectory)
    const sorted = waits.toSorted((a, b) => a - b)
    return { medianMs: median(sorted), maxMs: sorted.at(-1), contextTokens }
  },
}
