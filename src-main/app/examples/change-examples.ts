/** Changes to many examples at once, each of which can be taken back. */
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Example } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { ProcedureInput, ProcedureResult } from '../../contract/procedures.ts'
import type { Teaching } from '../chat/teach.ts'
import type { Storage } from '../storage/storage.ts'
import type { ExampleContent } from '../storage/tables/examples.ts'
import { redact } from './private-data.ts'

type Change = ProcedureInput<'examples.change'>['change']

/** Examples that are changed before others get a turn. */
const changedAtOnce = 500
/** How many changes can be taken back. */
const rememberedChanges = 20

/** What an example was before, as far as it was changed; null stands for a deleted one. */
type Before = ReadonlyMap<string, Partial<ExampleContent> | null>

export interface ExampleChanges {
  change(ids: readonly string[], change: Change): Promise<ProcedureResult<'examples.change'>>
  undo(changeId: string): Promise<void>
  /** Remembers that these examples are new, so that `undo` deletes them. */
  remember(added: readonly string[]): string
}

export function exampleChanges(storage: Storage, teaching: Teaching): ExampleChanges {
  const remembered = new Map<string, { readonly before: Before; readonly added: boolean }>()

  function keep(before: Before, added: boolean): string {
    const changeId = randomUUID()
    remembered.set(changeId, { before, added })
    const [oldest] = remembered.keys()
    if (remembered.size > rememberedChanges && oldest !== undefined) remembered.delete(oldest)
    return changeId
  }

  async function inTurns(ids: readonly string[], work: (some: readonly string[]) => void): Promise<void> {
    for (let start = 0; start < ids.length; start += changedAtOnce) {
      const some = ids.slice(start, start + changedAtOnce)
      storage.transaction(() => work(some))
      await setImmediate()
    }
  }

  /** Later examples of the conversation follow what is changed. */
  function write(example: Example, changes: Partial<ExampleContent>): void {
    const messageId = 'messageId' in example.provenance ? example.provenance.messageId : null
    // Whoever remembers what the texts are like has nothing to look at again after a mere review.
    const updatedAt = changes.messages === undefined ? example.updatedAt : Date.now()
    teaching.changing(messageId, () =>
      storage.examples.write(example.id, { ...example, ...changes }, updatedAt),
    )
  }

  function mark(id: string, deletedAt: number | null): void {
    teaching.changing(storage.examples.messageIdOf(id), () => storage.examples.mark([id], deletedAt))
  }

  return {
    remember: (added) => keep(new Map(added.map((id) => [id, {}])), true),
    async change(ids, change) {
      const before = new Map<string, Partial<ExampleContent> | null>()
      await inTurns(ids, (some) => {
        for (const example of storage.examples.some(some)) {
          if (change.kind === 'remove') {
            before.set(example.id, null)
            mark(example.id, Date.now())
            continue
          }
          const changes = changesOf(example, change)
          const fields = Object.keys(changes) as (keyof ExampleContent)[]
          if (fields.every((field) => isDeepStrictEqual(changes[field], example[field]))) continue
          before.set(example.id, Object.fromEntries(fields.map((field) => [field, example[field]])))
          write(example, changes)
        }
      })
      return { changeId: keep(before, false), changed: before.size }
    },
    async undo(changeId) {
      const found = remembered.get(changeId)
      if (found === undefined) {
        throw new Failure(
          'change-not-found',
          'This change can no longer be taken back: too many came after it, or Veranda was started again.',
        )
      }
      remembered.delete(changeId)
      const { before, added } = found
      await inTurns([...before.keys()], (some) => {
        if (added) return storage.examples.mark(some, Date.now())
        for (const id of some) if (before.get(id) === null) mark(id, null)
        for (const example of storage.examples.some(some)) write(example, before.get(example.id) ?? {})
      })
    },
  }
}

function changesOf(example: Example, change: Exclude<Change, { kind: 'remove' }>): Partial<ExampleContent> {
  switch (change.kind) {
    case 'status':
      return { status: change.status }
    case 'addTag':
      return { tags: [...new Set([...example.tags, change.tag])].slice(0, 50) }
    case 'removeTag':
      return { tags: example.tags.filter((tag) => tag !== change.tag) }
    case 'redact':
      return redact(example)
  }
}
