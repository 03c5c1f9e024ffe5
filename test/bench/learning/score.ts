/** Whether an answer is right. */
import { wordsOf } from '../../../src-main/app/personalize/keyed-question.ts'

/** Whether an answer is the learned one, but for a word here and there: F1 over their words, at least 0.8. */
export function isLearned(answer: string, learned: string): boolean {
  const [said, wanted] = [wordsOf(answer), wordsOf(learned)]
  const left = [...wanted]
  const common = said.filter((word) => {
    const place = left.indexOf(word)
    if (place !== -1) left.splice(place, 1)
    return place !== -1
  }).length
  return (2 * common) / (said.length + wanted.length) >= 0.8
}
