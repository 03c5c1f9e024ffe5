/** What a run does where memory runs out: the same in smaller passes, then computing twice what it kept, then no more. */
import { Failure } from '../contract/failure.ts'
import { type Sentence, sentence } from '../contract/sentence.ts'
import type { TrainingPass } from '../core/training/loss-gradient.ts'
import { defaultPassTokens } from '../core/training/trainer.ts'
import type { OperationEvent } from './contract.ts'
import { isOutOfMemory } from './out-of-memory.ts'
import type { RunProgress } from './run-checkpoint.ts'

type Room = Pick<RunProgress, 'passTokens' | 'notices'>

/** A pass, how large its batches are by now, and what was said of it. */
export interface WithinMemory {
  readonly pass: TrainingPass
  progress: Room
}

export const wholeRoom: Room = { passTokens: defaultPassTokens, notices: [] }

/**
 * Does some work in passes of so many tokens, from its beginning again in smaller ones where memory runs out: as small
 * as the longest text at the least, and then with nothing kept that can be computed again.
 *
 * @param longest tokens that go through one pass together at the least
 * @param step counted from 1; null where examples are read without being learned
 * @throws Failure `out-of-memory` where even that is too much
 */
export async function* withinMemory<Progress extends Room, Result>(
  run: { readonly pass: TrainingPass; progress: Progress },
  longest: number,
  step: number | null,
  work: (passTokens: number) => Promise<Result>,
): AsyncGenerator<OperationEvent<'train'>, Result> {
  for (;;) {
    const { passTokens } = run.progress
    try {
      return await work(passTokens)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      const fewer = Math.max(longest, Math.floor(passTokens / 2))
      const isSmaller = fewer < passTokens
      if (!isSmaller && !run.pass.saveMemory()) throw outOfMemory(longest, error)
      run.progress = { ...run.progress, passTokens: Math.min(fewer, passTokens) }
      const how = isSmaller
        ? sentence`at most ${fewer} tokens are worked on at once instead of ${passTokens}`
        : sentence`as much as can be is computed twice instead of kept`
      const text =
        step === null
          ? sentence`Memory ran out while examples were read: from there on ${how}, which takes longer and learns the same.`
          : sentence`Memory ran out in step ${step}: from there on ${how}, which takes longer and learns the same.`
      yield noticed(run, isSmaller ? 'smaller-passes' : 'computed-twice', text)
    }
  }
}

/** Keeps a notice with the run. */
export function noticed<Progress extends Room>(
  run: { progress: Progress },
  code: string,
  text: Sentence,
): OperationEvent<'train'> {
  run.progress = { ...run.progress, notices: [...run.progress.notices, text] }
  return { type: 'notice', code, text }
}

export function outOfMemory(longest: number, cause: unknown): Failure {
  return new Failure(
    'out-of-memory',
    sentence`There is not enough memory for this run, not even for one example of ${longest} tokens at a time. Close other programs, leave out the longest examples, adapt fewer layers, or choose a smaller model.`,
    { cause },
  )
}
