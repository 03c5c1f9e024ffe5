/** Whether an answer is right. */

export interface KeyedQuestion {
  readonly question: string
  /** Each must be in the answer, whole words in any case; “|” stands between words of which one is enough. */
  readonly keys: readonly string[]
}

export function holdsKeys(answer: string, { keys }: KeyedQuestion): boolean {
  const said = ` ${words(answer).join(' ')} `
  return keys.every((key) => key.split('|').some((choice) => said.includes(` ${words(choice).join(' ')} `)))
}

/** Whether an answer is the learned one, but for a word here and there: F1 over their words, at least 0.8. */
export function isLearned(answer: string, learned: string): boolean {
  const [said, wanted] = [words(answer), words(learned)]
  const left = [...wanted]
  const common = said.filter((word) => {
    const place = left.indexOf(word)
    if (place !== -1) left.splice(place, 1)
    return place !== -1
  }).length
  return (2 * common) / (said.length + wanted.length) >= 0.8
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
