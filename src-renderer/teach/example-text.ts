/** What an example says, in the words of the screens. */
import type { Example } from '../../src-main/contract/entities.ts'
import { t } from '../texts/texts.ts'

export type Turn = Example['messages'][number]

/** The last question of the example, or its first turn if nobody asked. */
export function questionOf(example: Pick<Example, 'messages'>): string {
  return (example.messages.findLast((turn) => turn.role === 'user') ?? example.messages[0])?.content ?? ''
}

/** The last answer: what is learned. */
export function answerOf(example: Pick<Example, 'messages'>): string {
  return example.messages.findLast((turn) => turn.role === 'assistant')?.content ?? ''
}

export function provenanceOf({ provenance }: Example): string {
  switch (provenance.kind) {
    case 'hand':
    case 'rated':
    case 'taught':
      return t.teach.origin[provenance.kind]
    case 'imported':
      return t.teach.origin.imported(provenance.file, provenance.line)
    case 'suggested':
      return t.teach.origin.suggested(provenance.by)
  }
}

/** Tags typed between commas, each once. */
export function readTags(text: string): string[] {
  const tags = text.split(',').map((tag) => tag.trim().slice(0, 100))
  return [...new Set(tags.filter((tag) => tag !== ''))].slice(0, 50)
}

/** Why the turns can't be kept as an example yet; null if they can. */
export function incompleteBecause(turns: readonly Turn[]): string | null {
  const { incomplete } = t.teach.editor
  if (!turns.some((turn) => turn.role === 'user' && turn.content.trim() !== '')) return incomplete.question
  if (turns.at(-1)?.role !== 'assistant' || turns.at(-1)?.content.trim() === '') return incomplete.answer
  if (turns.some((turn) => turn.role !== 'system' && turn.content.trim() === '')) return incomplete.turn
  return null
}
