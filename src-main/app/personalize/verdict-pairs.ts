/** What a verdict asks: held-out examples, the person's own questions, and general ones that nobody taught. */
import type { Verdict, VerdictPair } from '../../contract/verdict.ts'
import type { ChatMessage } from '../../engine/contract.ts'
import type { Dataset } from '../storage/tables/runs.ts'
import type { KeyedQuestion } from './keyed-question.ts'

const mostHeldOut = 6
const mostGeneral = 12

export interface Asked {
  readonly pair: VerdictPair
  /** What is asked, up to the answer. */
  readonly messages: readonly ChatMessage[]
}

/** In the order of the verdict's pairs; only the data of the run and the questions decide. */
export function askedPairs(
  { heldOut, probes }: Pick<Dataset, 'heldOut' | 'probes'>,
  general: readonly KeyedQuestion[],
): readonly Asked[] {
  return [
    ...probes.map((messages) => asked('probe', messages, null)),
    ...heldOut.slice(0, mostHeldOut).map(({ messages }) => {
      const answer = messages.at(-1)?.content ?? null
      return asked('heldOut', messages.slice(0, -1), answer)
    }),
    ...general.slice(0, mostGeneral).map(({ question }) => {
      return asked('general', [{ role: 'user', content: question }], null)
    }),
  ]
}

function asked(kind: VerdictPair['kind'], messages: readonly ChatMessage[], expected: string | null): Asked {
  const question = messages.at(-1)?.content ?? ''
  const unanswered = { base: null, taught: null, baseRight: null, taughtRight: null, preferred: null }
  return { pair: { kind, question, expected, ...unanswered }, messages }
}

export function emptyVerdict(questions: readonly Asked[]): Verdict {
  return { pairs: questions.map(({ pair }) => pair), general: null, isComplete: false, isKept: false }
}
