/** Trains the default model on the sample persona and asks what it knows, and what it still knows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import { measure } from '../../../src-main/core/training/trainer.ts'
import { chat } from '../../../src-main/engine/chat.ts'
import type { AdapterReference, TrainInput } from '../../../src-main/engine/contract.ts'
import { openAdapter } from '../../../src-main/engine/open-adapter.ts'
import type { EngineResources } from '../../../src-main/engine/resources.ts'
import { train } from '../../../src-main/engine/train.ts'
import { holdsKeys, type KeyedQuestion } from '../../../src-main/app/personalize/keyed-question.ts'
import { readGeneralQuestions } from '../../../src-main/app/personalize/question-files.ts'
import { heldOut, persona } from './persona.ts'
import { isLearned } from './score.ts'

const { paraphrased, text } = JSON.parse(
  readFileSync(new URL('questions.json', import.meta.url), 'utf8'),
) as {
  readonly paraphrased: readonly KeyedQuestion[]
  readonly text: string
}

const general = await readGeneralQuestions('resources')
const longestAnswer = 40
const signal = new AbortController().signal

/** Right answers out of all; the same questions before and after learning. */
export interface Knowledge {
  readonly trained: number
  readonly paraphrased: number
  readonly general: number
  readonly perplexity: number
  /** Of general and paraphrased questions, to read. */
  readonly answers: Readonly<Record<string, string>>
}

export const questionCounts = {
  trained: persona.length,
  paraphrased: paraphrased.length,
  general: general.length,
}

export interface Learned extends Knowledge {
  readonly trainingMs: number
  readonly lossAfter: number | null
  readonly heldOutLossAfter: number | null
}

export async function learn(
  resources: EngineResources,
  modelDirectory: string,
  changes: Omit<TrainInput, 'modelDirectory' | 'heldOut' | 'runDirectory'>,
): Promise<Learned> {
  const runDirectory = mkdtempSync(join(tmpdir(), 'veranda-learning-'))
  try {
    const startedAt = performance.now()
    const run = train(resources)({ ...changes, modelDirectory, heldOut, runDirectory }, signal)
    let next = await run.next()
    while (next.done !== true) next = await run.next()
    const { adapterPath, lossAfter, heldOutLossAfter } = next.value
    const trainingMs = Math.round(performance.now() - startedAt)
    const adapter = { path: adapterPath ?? '', strength: 1 }
    return {
      ...(await knowledge(resources, modelDirectory, adapter)),
      trainingMs,
      lossAfter,
      heldOutLossAfter,
    }
  } finally {
    rmSync(runDirectory, { recursive: true })
  }
}

export async function knowledge(
  resources: EngineResources,
  modelDirectory: string,
  adapter: AdapterReference | null,
): Promise<Knowledge> {
  const answers: Record<string, string> = {}
  const ask = async (question: string): Promise<string> => {
    const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 }
    const messages = [{ role: 'user' as const, content: question }]
    const answering = chat(resources)(
      { modelDirectory, messages, adapter, sampling, maxTokens: longestAnswer },
      signal,
    )
    let next = await answering.next()
    while (next.done !== true) next = await answering.next()
    return next.value.text
  }
  const countRight = async (questions: readonly KeyedQuestion[]): Promise<number> => {
    let right = 0
    for (const keyed of questions) {
      const answer = await ask(keyed.question)
      answers[keyed.question] = `${holdsKeys(answer, keyed) ? '+' : '-'} ${answer}`
      if (holdsKeys(answer, keyed)) right++
    }
    return right
  }
  let trained = 0
  for (const { messages } of adapter === null ? [] : persona) {
    if (isLearned(await ask(messages[0]?.content ?? ''), messages[1]?.content ?? '')) trained++
  }
  return {
    trained,
    paraphrased: await countRight(paraphrased),
    general: await countRight(general),
    perplexity: await perplexity(resources, modelDirectory, adapter),
    answers,
  }
}

/** Of the general text, a token given all before it. */
async function perplexity(
  resources: EngineResources,
  modelDirectory: string,
  adapter: AdapterReference | null,
): Promise<number> {
  const model = resources.model(modelDirectory)
  const ids = model.tokenizer.encode(text, { special: false })
  const example = { id: 'text', ids, scored: ids.map(() => true) }
  const live = adapter === null ? null : openAdapter(adapter, model.folder)
  const pass = await TrainingPass.open(resources.runtime, model.weights)
  let loss = 0
  for await (const { lossSum, labels } of measure(pass, live, [example])) loss = lossSum / labels
  await pass.close()
  return Math.exp(loss)
}
