import { createHash } from 'node:crypto'
import type { LiveAdapter } from '../core/vera/live-adapter.ts'
import { answer, likeliest, type Question } from './answer.ts'
import type { OperationEvent, TrainInput } from './contract.ts'
import type { LoadedModel } from './loaded-model.ts'
import { hashLayout } from './open-adapter.ts'
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
 * A chat goes before: the answers stop at the next token, and are begun again.
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
  const group = live.layout.method === 'lora' ? null : `probe ${hashLayout(live.layout)}`
  const asked = { adapter: { live, identity, group }, sampling: likeliest, maxTokens: longestAnswerTokens }
  const answered = async (messages: Question['messages']): Promise<string | null> => {
    let text: string | null = null
    while (text === null && !signal.aborted) {
      text = await answerUndisturbed(resources, model, { ...asked, messages }, signal)
    }
    return text
  }
  // At once: they take their steps together. None goes on after this, whatever becomes of another.
  const answers = await Promise.allSettled(probes.map(answered))
  for (const [probe, outcome] of answers.entries()) {
    if (outcome.status === 'rejected') throw outcome.reason
    if (signal.aborted || outcome.value === null) return
    yield { type: 'sampled', step, probe, answer: outcome.value }
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
  const answering = answer(model, question, signal)
  try {
    let next = await answering.next()
    while (next.done !== true && !foreground.isBusy) next = await answering.next()
    return next.done === true ? next.value.text.trim() : null
  } finally {
    // Where it was not answered to its end.
    await answering.return(undefined as never)
  }
}
