/** How an example lies in its table. */
import { z } from 'zod'
import { chatMessage, tag, type Example } from '../../../contract/entities.ts'

export const columns = `id, messages, rejected, status, tags, source, message_id AS messageId,
  source_file AS sourceFile, source_line AS sourceLine, source_example AS sourceExample,
  created_at AS createdAt, updated_at AS updatedAt`

export interface ExampleRow {
  readonly id: string
  readonly messages: string
  readonly rejected: string | null
  readonly status: Example['status']
  readonly tags: string
  readonly source: Example['provenance']['kind']
  readonly messageId: string | null
  /** The file of an import; what made a suggestion. */
  readonly sourceFile: string | null
  readonly sourceLine: number | null
  readonly sourceExample: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

export function toRow(example: Example): ExampleRow {
  const { provenance } = example
  return {
    id: example.id,
    messages: JSON.stringify(example.messages),
    rejected: example.rejected,
    status: example.status,
    tags: JSON.stringify(example.tags),
    source: provenance.kind,
    messageId: 'messageId' in provenance ? provenance.messageId : null,
    sourceFile:
      provenance.kind === 'imported'
        ? provenance.file
        : provenance.kind === 'suggested'
          ? provenance.by
          : null,
    sourceLine: provenance.kind === 'imported' ? provenance.line : null,
    sourceExample: provenance.kind === 'suggested' ? provenance.exampleId : null,
    createdAt: example.createdAt,
    updatedAt: example.updatedAt,
  }
}

const storedMessages = z.array(chatMessage)
const storedTags = z.array(tag)

export function toExample(row: ExampleRow): Example {
  return {
    id: row.id,
    messages: storedMessages.parse(JSON.parse(row.messages)),
    rejected: row.rejected,
    status: row.status,
    tags: storedTags.parse(JSON.parse(row.tags)),
    provenance: toProvenance(row),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }
}

function toProvenance(row: ExampleRow): Example['provenance'] {
  switch (row.source) {
    case 'hand':
      return { kind: 'hand' }
    case 'rated':
    case 'taught':
      return { kind: row.source, messageId: row.messageId ?? '' }
    case 'imported':
      return { kind: 'imported', file: row.sourceFile ?? '', line: row.sourceLine ?? 0 }
    case 'suggested':
      return { kind: 'suggested', exampleId: row.sourceExample ?? '', by: row.sourceFile ?? '' }
  }
}
