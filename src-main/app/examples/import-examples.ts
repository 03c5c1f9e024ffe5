/** The import of a file: opened once, previewed as often as wanted, written at the end, all or nothing. */
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Failure } from '../../contract/failure.ts'
import type { ProcedureEvent, ProcedureInput, ProcedureResult } from '../../contract/procedures.ts'
import { mapEvents } from '../../contract/event-stream.ts'
import type { ParsedExample } from '../services.ts'
import type { Storage } from '../storage/storage.ts'
import type { ExampleChanges } from './change-examples.ts'
import { csvColumns } from './csv-table.ts'
import { suggestMapping } from './csv-mapping.ts'
import { decodeText } from './decode-text.ts'
import { detectEncoding } from './detect-encoding.ts'
import { newExample } from './new-example.ts'
import { detectFormat, parseExamples } from './parse-examples.ts'

/** Examples that a preview shows. */
const sampleLength = 20
/** Examples written in one transaction. */
const writtenAtOnce = 500

type Progress = ProcedureEvent<'examples.import'>

export interface FileImport {
  openFile(input: ProcedureInput<'examples.openFile'>): string
  preview(
    input: ProcedureInput<'examples.preview'>,
    signal: AbortSignal,
  ): AsyncGenerator<Progress, ProcedureResult<'examples.preview'>>
  /** Adds the file's examples; stopped before its end it adds none. */
  importFile(
    input: ProcedureInput<'examples.import'>,
    signal: AbortSignal,
  ): AsyncGenerator<Progress, ProcedureResult<'examples.import'>>
}

interface OpenedFile {
  readonly id: string
  readonly name: string
  readonly bytes: Uint8Array
}

export function fileImport(storage: Storage, changes: ExampleChanges): FileImport {
  let opened: OpenedFile | null = null

  function get(fileId: string): OpenedFile {
    if (opened?.id === fileId) return opened
    throw new Failure('file-not-open', 'This file is no longer open. Choose it again.')
  }

  async function* write(
    file: OpenedFile,
    examples: readonly ParsedExample[],
    { status, tags: added }: ProcedureInput<'examples.import'>,
    signal: AbortSignal,
  ): AsyncGenerator<Progress, string[]> {
    const ids: string[] = []
    const now = Date.now()
    for (let start = 0; start < examples.length && !signal.aborted; start += writtenAtOnce) {
      storage.transaction(() => {
        for (const { messages, rejected, tags, line } of examples.slice(start, start + writtenAtOnce)) {
          const content = {
            messages: [...messages],
            rejected,
            status,
            tags: [...new Set([...tags, ...added])],
          }
          const example = newExample({ kind: 'imported', file: file.name, line }, content, now)
          // Shown only when all are there; what a crash leaves behind is forgotten at the next start.
          storage.examples.putHidden(example, now)
          ids.push(example.id)
        }
      })
      yield { share: 0.5 + (0.5 * ids.length) / examples.length }
      await setImmediate()
    }
    return ids
  }

  return {
    openFile({ file, base64 }) {
      opened = { id: randomUUID(), name: file, bytes: Buffer.from(base64, 'base64') }
      return opened.id
    },
    async *preview({ fileId, encoding, mapping }, signal) {
      const { name, bytes } = get(fileId)
      const parsed = yield* mapEvents(parseExamples(name, bytes, { encoding, mapping }, signal), (share) => ({
        share,
      }))
      const { text } = decodeText(bytes, encoding)
      const format = detectFormat(name, text)
      const columns = format === 'csv' ? csvColumns(text) : []
      return {
        encoding: detectEncoding(bytes),
        format,
        columns,
        suggested: suggestMapping(columns),
        exampleCount: parsed.examples.length,
        sample: parsed.examples.slice(0, sampleLength).map(({ messages, rejected, tags, line }) => ({
          messages: [...messages],
          rejected,
          tags: [...tags],
          line,
        })),
        issues: [...parsed.issues],
      }
    },
    async *importFile(input, signal) {
      const file = get(input.fileId)
      const { encoding, mapping } = input
      const parsed = yield* mapEvents(
        parseExamples(file.name, file.bytes, { encoding, mapping }, signal),
        (share) => ({ share: share / 2 }),
      )
      const issues = [...parsed.issues]
      const ids = yield* write(file, parsed.examples, input, signal)
      if (signal.aborted) return { added: 0, changeId: null, issues }
      storage.examples.mark(ids, null)
      opened = null
      return { added: ids.length, changeId: ids.length === 0 ? null : changes.remember(ids), issues }
    },
  }
}
