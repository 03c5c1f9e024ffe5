/** What an example says, in the words of the screens. */
import type { Example } from '../../src-main/contract/entities.ts'

export type Turn = Example['messages'][number]

/** The last question of the example, or its first turn if nobody asked. */
export function questionOf(example: Example): string {
  return (example.messages.findLast((turn) => turn.role === 'user') ?? example.messages[0])?.content ?? ''
}

/** The last answer: what is learned. */
export function answerOf(example: Example): string {
  return example.messages.findLast((turn) => turn.role === 'assistant')?.content ?? ''
}

export function provenanceOf(example: Example): string {
  switch (example.provenance.kind) {
    case 'hand':
      return 'Written by hand'
    case 'rated':
      return 'Answer you liked'
    case 'taught':
      return 'Answer you corrected'
    case 'imported':
      return `${example.provenance.file}, line ${example.provenance.line}`
  }
}

/** Whether any turn has the words, upper and lower case alike. */
export function matches(example: Example, words: string): boolean {
  const wanted = words.trim().toLowerCase()
  return wanted === '' || example.messages.some((turn) => turn.content.toLowerCase().includes(wanted))
}

/** Why the turns can't be kept as an example yet; null if they can. */
export function incompleteBecause(turns: readonly Turn[]): string | null {
  if (!turns.some((turn) => turn.role === 'user' && turn.content.trim() !== ''))
    return 'Write the question first.'
  if (turns.at(-1)?.role !== 'assistant' || turns.at(-1)?.content.trim() === '')
    return 'Write the answer first.'
  if (turns.some((turn) => turn.role !== 'system' && turn.content.trim() === ''))
    return 'One of the turns is empty.'
  return null
}
