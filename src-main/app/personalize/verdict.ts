/** Whether a run helped: the model alone and with what it learned answer the same questions. */
import type { Adapter, Run } from '../../contract/entities.ts'
import type { Verdict, VerdictPair } from '../../contract/verdict.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { ChatMessage, Engine } from '../../engine/contract.ts'
import type { AnsweringPair, ResolvePair } from '../assistants/answering-pair.ts'
import type { Storage } from '../storage/storage.ts'
import { holdsKeys, type KeyedQuestion } from './keyed-question.ts'
import { type Asked, askedPairs, emptyVerdict } from './verdict-pairs.ts'

const sides = ['base', 'taught'] as const
const longestAnswerTokens = 64
/** The likeliest answers, so that what differs is what was learned. */
const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 }

export interface Verdicts {
  /** Asks what wasn't asked yet, and keeps every answer as it comes; stopped, it has those that came. */
  judge(runId: string, signal: AbortSignal): AsyncGenerator<Verdict, Verdict>
  prefer(runId: string, pair: number, preferred: VerdictPair['preferred']): Verdict
  keep(runId: string): Verdict
}

export interface VerdictOptions {
  readonly storage: Storage
  readonly engine: Engine
  readonly resolvePair: ResolvePair
  readonly generalQuestions: readonly KeyedQuestion[]
}

export function openVerdicts({ storage, engine, resolvePair, generalQuestions }: VerdictOptions): Verdicts {
  const doneRun = (id: string): Run => {
    const run = storage.runs.get(id)
    if (run?.status === 'done') return run
    throw new Failure('run-not-done', 'Only a run that is done can be judged. Let it end first.')
  }
  const adapterOf = (run: Run): Adapter => {
    const adapter = run.adapterId === null ? undefined : storage.adapters.get(run.adapterId)
    if (adapter !== undefined) return adapter
    throw new Failure(
      'adapter-not-found',
      sentence`The assistant “${run.name}” was deleted, so it can't be asked.`,
    )
  }
  /** Over what is stored at that moment: a person may choose while others are being answered. */
  const change = (id: string, changed: (verdict: Verdict) => Verdict): Verdict => {
    const verdict = changed(storage.runs.verdict(id) ?? emptyVerdict(askedOf(id)))
    storage.runs.setVerdict(id, verdict)
    return verdict
  }
  const askedOf = (id: string): readonly Asked[] => askedPairs(storage.runs.dataset(id), generalQuestions)

  async function answer(
    pair: AnsweringPair,
    messages: readonly ChatMessage[],
    signal: AbortSignal,
  ): Promise<string | null> {
    const input = { ...pair, messages, sampling, maxTokens: longestAnswerTokens }
    const answering = engine.run('chat', input, signal)
    let next = await answering.next()
    while (next.done !== true) next = await answering.next()
    return next.value.stopReason === 'stopped' ? null : next.value.text.trim()
  }

  async function lossOf(
    pair: AnsweringPair,
    examples: Parameters<typeof exampleOf>[0][],
    signal: AbortSignal,
  ): Promise<number> {
    const measuring = engine.run('evaluate', { ...pair, examples: examples.map(exampleOf) }, signal)
    let next = await measuring.next()
    while (next.done !== true) next = await measuring.next()
    return next.value.meanLoss
  }

  async function* judge(runId: string, signal: AbortSignal): AsyncGenerator<Verdict, Verdict> {
    const run = doneRun(runId)
    const known = storage.runs.verdict(runId)
    if (known?.isComplete === true) return known
    const adapter = adapterOf(run)
    const asked = { model: run.modelId, strength: 1 }
    const base = await resolvePair({ ...asked, adapter: null })
    const taught = await resolvePair({ ...asked, adapter })
    let verdict = change(runId, (stored) => stored)
    yield verdict
    for (const [index, { messages }] of askedOf(runId).entries()) {
      const missing = sides.filter((side) => typeof verdict.pairs[index]?.[side] !== 'string')
      // At once: the engine takes their steps together.
      const texts = await Promise.all(
        missing.map((side) => answer(side === 'base' ? base : taught, messages, signal)),
      )
      for (const [at, side] of missing.entries()) {
        const text = texts[at] ?? null
        if (text === null || signal.aborted) return verdict
        verdict = change(runId, (stored) => withAnswer(stored, index, side, text, generalQuestions))
        yield verdict
      }
    }
    const general = verdict.pairs.filter(({ kind, base: own }) => kind === 'general' && own !== '')
    if (general.length > 0) {
      const lossBefore = await lossOf(base, general, signal)
      const lossAfter = await lossOf(taught, general, signal)
      if (signal.aborted) return verdict
      verdict = change(runId, (stored) => ({ ...stored, general: { lossBefore, lossAfter } }))
    }
    return change(runId, (stored) => ({ ...stored, isComplete: true }))
  }

  return {
    judge,
    prefer: (runId, pair, preferred) =>
      change(doneRun(runId).id, (verdict) => ({
        ...verdict,
        pairs: verdict.pairs.map((each, index) => (index === pair ? { ...each, preferred } : each)),
      })),
    keep: (runId) => change(doneRun(runId).id, (verdict) => ({ ...verdict, isKept: true })),
  }
}

function withAnswer(
  verdict: Verdict,
  index: number,
  side: 'base' | 'taught',
  text: string,
  questions: readonly KeyedQuestion[],
): Verdict {
  const pairs = verdict.pairs.map((pair, other) => {
    if (other !== index) return pair
    const keyed = pair.kind === 'general' && questions.find(({ question }) => question === pair.question)
    return { ...pair, [side]: text, ...(keyed ? { [`${side}Right`]: holdsKeys(text, keyed) } : {}) }
  })
  return { ...verdict, pairs }
}

/** The model's own answer, to be measured: how much less likely it became is how much was forgotten. */
function exampleOf({ question, base }: Pick<VerdictPair, 'question' | 'base'>) {
  return {
    id: question,
    messages: [
      { role: 'user' as const, content: question },
      { role: 'assistant' as const, content: base ?? '' },
    ],
  }
}
