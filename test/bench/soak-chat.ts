import { memoryUsage } from 'node:process'
import type { Runtime } from '../../src-main/core/graph/runtime.ts'
import { chat } from '../../src-main/engine/chat.ts'
import type { ChatMessage } from '../../src-main/engine/contract.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { likeliest } from '../../src-main/engine/answer.ts'
import { collectGarbage } from './garbage.ts'

/** Memory is looked at so often in a soak. */
const samples = 20
/** Kept conversations are many times as many: they come and go. */
const cacheBytes = 2_000_000

export interface Soak {
  readonly turns: number
  /** Of resident memory over the second half of the turns, by least squares. */
  readonly bytesPerTurn: number
  readonly startMB: number
  readonly endMB: number
}

/** Turns of ever new conversations, of one to four turns each. */
export async function soakChat(modelDirectory: string, turns: number, runtime: Runtime): Promise<Soak> {
  const resources = new EngineResources(runtime, loadCodecs())
  const points: { readonly turn: number; readonly bytes: number }[] = []
  let messages: ChatMessage[] = []
  for (let turn = 0; turn < turns; turn++) {
    if (turn % Math.ceil(turns / samples) === 0) {
      collectGarbage()
      points.push({ turn, bytes: memoryUsage().rss })
    }
    if (turn % 4 === 0 || messages.length > 6) messages = []
    messages = [...messages, { role: 'user', content: `${turn}?` }]
    const input = { modelDirectory, messages, adapter: null, sampling: likeliest, maxTokens: 3, cacheBytes }
    const answering = chat(resources)(input, new AbortController().signal)
    let next = await answering.next()
    while (next.done !== true) next = await answering.next()
    messages.push({ role: 'assistant', content: next.value.text })
  }
  await resources.release(modelDirectory)
  const settled = points.slice(points.length / 2)
  return {
    turns,
    bytesPerTurn: slope(settled),
    startMB: (points[0]?.bytes ?? 0) / 1e6,
    endMB: (points.at(-1)?.bytes ?? 0) / 1e6,
  }
}

function slope(points: readonly { readonly turn: number; readonly bytes: number }[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const [turns, bytes] = [mean(points.map(({ turn }) => turn)), mean(points.map((point) => point.bytes))]
  const products = points.map((point) => (point.turn - turns) * (point.bytes - bytes))
  return mean(products) / mean(points.map(({ turn }) => (turn - turns) ** 2))
}
