/** The answers to a probe as they changed. */
import type { RunSample } from '../../src-main/contract/entities.ts'

export interface ProbeAnswer {
  /** After which step it was first given. */
  readonly step: number
  /** After which it was last given, without another between. */
  readonly lastStep: number
  readonly answer: string
}

/** In the order of the steps; an answer that stayed is one. */
export function answersOf(samples: readonly RunSample[], probe: number): readonly ProbeAnswer[] {
  const answers: ProbeAnswer[] = []
  for (const sample of samples) {
    if (sample.probe !== probe) continue
    const last = answers.at(-1)
    if (last?.answer === sample.answer) answers[answers.length - 1] = { ...last, lastStep: sample.step }
    else answers.push({ step: sample.step, lastStep: sample.step, answer: sample.answer })
  }
  return answers
}
