/** The collected examples: written by hand, imported, reviewed, edited, deleted with undo. */
import type { Example } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { ProcedureInput, ProcedureResult } from '../../contract/procedures.ts'
import type { Teaching } from '../chat/teach.ts'
import type { ExampleService } from '../services.ts'
import type { Storage } from '../storage/storage.ts'
import { exampleChanges, type ExampleChanges } from './change-examples.ts'
import { exportExamples } from './export-examples.ts'
import { findExamples } from './find-examples.ts'
import { fileImport, type FileImport } from './import-examples.ts'
import { newExample } from './new-example.ts'
import { parseExamples } from './parse-examples.ts'

export interface Examples extends ExampleService, FileImport, Omit<ExampleChanges, 'remember'> {
  /** All, or those with these ids that are there. */
  list(ids?: readonly string[]): Example[]
  find(wanted: ProcedureInput<'examples.find'>): ProcedureResult<'examples.find'>
  get(id: string): Example
  /** What is learned where nobody chooses: the approved ones. */
  approved(): Example[]
  add(input: ProcedureInput<'examples.add'>): Example
  update(input: ProcedureInput<'examples.update'>): Example
  /** Ids that are not there are passed over. */
  remove(ids: readonly string[]): void
  restore(ids: readonly string[]): Example[]
}

export function openExamples(storage: Storage, teaching: Teaching): Examples {
  const changes = exampleChanges(storage, teaching)
  const files = fileImport(storage, changes)
  const list = (ids?: readonly string[]): Example[] =>
    ids === undefined ? storage.examples.list() : storage.examples.some(ids)
  const get = (id: string): Example => {
    const example = storage.examples.get(id)
    if (example === undefined) {
      throw new Failure('example-not-found', 'This example is no longer there. It was deleted.')
    }
    return example
  }
  return {
    parse: parseExamples,
    export: (ids, format) => exportExamples(list(ids ?? undefined), format),
    ...files,
    change: changes.change,
    undo: changes.undo,
    list,
    find: (wanted) => findExamples(storage.examples.scan(wanted.words.trim() !== ''), wanted),
    get,
    approved: () => storage.examples.list().filter(({ status }) => status === 'approved'),
    add({ messages, tags = [] }) {
      checkMessages(messages)
      return storage.examples.put(newExample({ kind: 'hand' }, { messages, tags }))
    },
    update({ id, messages, rejected, tags }) {
      checkMessages(messages)
      const example = get(id)
      const content = { ...example, messages, rejected: rejected ?? null, tags: tags ?? example.tags }
      if (rejected === undefined) content.rejected = example.rejected
      else if (rejected?.trim() === '') content.rejected = null
      return teaching.changing(storage.examples.messageIdOf(id), () => {
        storage.examples.write(id, content, Date.now())
        return get(id)
      })
    },
    suggest(exampleId, messages, by) {
      checkMessages(messages)
      const { tags } = get(exampleId)
      const provenance = { kind: 'suggested', exampleId, by } as const
      return storage.examples.put(newExample(provenance, { messages, tags, status: 'new' }))
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
  }
}

function checkMessages(messages: Example['messages']): void {
  const last = messages.at(-1)
  const answers = messages.filter((message) => message.role === 'assistant')
  const isComplete = last?.role === 'assistant' && answers.every(({ content }) => content.trim() !== '')
  if (isComplete && messages.some((message) => message.role === 'user' && message.content.trim() !== ''))
    return
  throw new Failure(
    'example-incomplete',
    'An example needs a question and, as its end, an answer. Write both, then save it.',
  )
}
