import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { likeliest } from './answer.ts'
import { chat } from './chat.ts'
import type { ChatMessage, TrainingExample } from './contract.ts'
import type { EngineResources } from './resources.ts'
import { writeDurably } from './run-checkpoint.ts'

const answersFile = 'own-answers.json'
export const longestAnswerTokens = 64

export interface Replayed {
  readonly examples: readonly TrainingExample[]
  /** How many answers were made for it now. */
  readonly answered: number
  readonly missing: readonly (readonly ChatMessage[])[]
}

/**
 * General questions with the base model's own answers: learned along with a person's examples, they keep what the
 * model knew (self-distilled replay). The answers are made once and kept in the model's folder.
 *
 * A question without a whole sentence as its answer is left out. Once the signal is aborted the rest is missing.
 *
 * @param answersAtMost more that have no answer yet are missing
 */
export async function replayExamples(
  resources: EngineResources,
  modelDirectory: string,
  questions: readonly (readonly ChatMessage[])[],
  signal: AbortSignal,
  answersAtMost = Number.POSITIVE_INFINITY,
): Promise<Replayed> {
  const path = join(modelDirectory, answersFile)
  const answers = new Map(existsSync(path) ? readAnswers(path) : [])
  const asked = questions.filter((messages) => !answers.has(JSON.stringify(messages))).slice(0, answersAtMost)
  for (const messages of asked) {
    if (signal.aborted) break
    const answer = await answerOf(resources, modelDirectory, messages, signal)
    if (!signal.aborted) answers.set(JSON.stringify(messages), answer)
  }
  if (asked.length > 0) writeDurably(path, Buffer.from(JSON.stringify([...answers])))
  const examples = questions.flatMap((messages, index) => {
    const content = answers.get(JSON.stringify(messages)) ?? ''
    return content === '' ? [] : [{ id: `replay ${index + 1}`, messages: [...messages, answerTurn(content)] }]
  })
  const missing = questions.filter((messages) => !answers.has(JSON.stringify(messages)))
  return { examples, answered: asked.length, missing }
}

function answerTurn(content: string): ChatMessage {
  return { role: 'assistant', content }
}

/** One that became too long ends with its last whole sentence. */
async function answerOf(
  resources: EngineResources,
  modelDirectory: string,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): Promise<string> {
  const maxTokens = longestAnswerTokens
  const input = { modelDirectory, messages, adapter: null, sampling: likeliest, maxTokens }
  const answering = chat(resources)(input, signal)
  let next = await answering.next()
  while (next.done !== true) next = await answering.next()
  const { text, stopReason } = next.value
  return stopReason === 'end' ? text.trim() : text.slice(0, text.search(/[.!?][^.!?]*$/) + 1).trim()
}

/** What can't be read is made anew. */
function readAnswers(path: string): readonly (readonly [string, string])[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as [string, string][]
  } catch {
    return []
  }
}
