/** The collected examples: written by hand, imported, edited, deleted with undo. */
import { randomUUID } from 'node:crypto'
import type { Example } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { ProcedureResult } from '../../contract/procedures.ts'
import type { Teaching } from '../chat/teach.ts'
import type { ExampleService } from '../services.ts'
import type { Storage } from '../storage/storage.ts'
import { parseExamples } from './parse-examples.ts'

export interface Examples extends ExampleService {
  list(): Example[]
  get(id: string): Example
  add(messages: Example['messages']): Example
  update(id: string, messages: Example['messages']): Example
  /** Ids that are not there are passed over. */
  remove(ids: readonly string[]): void
  restore(ids: readonly string[]): Example[]
  /** Adds what can be read of the file, all in one transaction. */
  importFile(fileName: string, bytes: Uint8Array): ProcedureResult<'examples.import'>
}

export function openExamples(storage: Storage, teaching: Teaching): Examples {
  const get = (id: string): Example => {
    const example = storage.examples.get(id)
    if (example === undefined) {
      throw new Failure('example-not-found', 'This example is no longer there. It was deleted.')
    }
    return example
  }
  const put = (messages: Example['messages'], provenance: Example['provenance'], now: number): Example =>
    storage.examples.put({
      id: randomUUID(),
      messages,
      rejected: null,
      provenance,
      createdAt: now,
      updatedAt: now,
    })
  return {
    parse: parseExamples,
    list: () => storage.examples.list(),
    get,
    add(messages) {
      checkMessages(messages)
      return put(messages, { kind: 'hand' }, Date.now())
    },
    update(id, messages) {
      checkMessages(messages)
      get(id)
      return teaching.changing(storage.examples.messageIdOf(id), () => {
        storage.examples.setMessages(id, messages, Date.now())
        return get(id)
      })
    },
    remove(ids) {
      storage.transaction(() => {
        for (const id of ids) {
          const remove = (): void => storage.examples.remove(id, Date.now())
          teaching.changing(storage.examples.messageIdOf(id), remove)
        }
      })
    },
    restore(ids) {
      return storage.transaction(() =>
        ids.flatMap((id) => {
          const restore = (): Example | undefined => storage.examples.restore(id)
          return teaching.changing(storage.examples.messageIdOf(id), restore) ?? []
        }),
      )
    },
    importFile(fileName, bytes) {
      const { examples, issues } = parseExamples(fileName, bytes)
      const now = Date.now()
      const added = storage.transaction(() =>
        examples.map(({ messages, line }) =>
          put([...messages], { kind: 'imported', file: fileName, line }, now),
        ),
      )
      return { added, issues: [...issues] }
    },
  }
}

function checkMessages(messages: Example['messages']): void {
  const last = messages.at(-1)
  const isComplete = last?.role === 'assistant' && last.content.trim() !== ''
  if (isComplete && messages.some((message) => message.role === 'user' && message.content.trim() !== ''))
    return
  throw new Failure(
    'example-incomplete',
    'An example needs a question and, as its end, an answer. Write both, then save it.',
  )
}
