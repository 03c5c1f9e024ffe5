import { createHash } from 'node:crypto'
import type { LiveAdapter } from '../core/vera/live-adapter.ts'
import { answer, likeliest, type Question } from './answer.ts'
import type { OperationEvent, TrainInput } from './contract.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { EngineResources } from './resources.ts'

const longestAnswerTokens = 64

/** Questions that are answered while a run goes on, and what they are asked with. */
export interface Probing {
  readonly resources: EngineResources
  readonly model: LoadedModel
  readonly probes: NonNullable<TrainInput['probes']>
}

/**
 * The likeliest answers to the probes with the vectors as they are, as events; fewer once the signal is aborted.
 * A chat goes before: it takes the decoder at the next token, and the answer is begun again.
 */
export async function* sampled(
  { resources, model, probes }: Probing,
  live: LiveAdapter,
  step: number,
  signal: AbortSignal,
): AsyncGenerator<OperationEvent<'train'>, void> {
  const { buffer, byteOffset, byteLength } = live.vectors
  const identity = createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
  const asked = { adapter: { live, identity }, sampling: likeliest, maxTokens: longestAnswerTokens }
  for (const [probe, messages] of probes.entries()) {
    let text: string | null = null
    while (text === null && !signal.aborted) {
      text = await answerUndisturbed(resources, model, { ...asked, messages }, signal)
    }
    if (signal.aborted || text === null) return
    yield { type: 'sampled', step, probe, answer: text }
  }
}

/** null where a chat came in between. */
async function answerUndisturbed(
  { foreground }: EngineResources,
  model: LoadedModel,
  question: Question,
  signal: AbortSignal,
): Promise<string | null> {
  await foreground.idle()
  const done = await model.takeTurn()
  try {
    const answering = answer(model, question, signal)
    let next = await answering.next()
    while (next.done !== true && !foreground.isBusy) next = await answering.next()
    return next.done === true ? next.value.text.trim() : null
  } finally {
    done()
  }
}
