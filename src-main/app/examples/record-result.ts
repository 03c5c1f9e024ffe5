/** What reading one record of a training file gives. */
import type { ImportIssue } from '../../contract/entities.ts'
import { sentence } from '../../contract/sentence.ts'
import type { ChatMessage } from '../../engine/contract.ts'
import { issue } from './import-issue.ts'

/** What an example of a file holds, whatever the format. */
export interface ExampleRecord {
  readonly messages: readonly ChatMessage[]
  /** The worse answer that the last turn replaces; null where there is none. */
  readonly rejected: string | null
  readonly tags: readonly string[]
}

export type RecordResult =
  | (ExampleRecord & { readonly issue?: undefined })
  | { readonly messages?: undefined; readonly issue: ImportIssue }

export type MessagesResult =
  | { readonly messages: readonly ChatMessage[]; readonly issue?: undefined }
  | { readonly messages?: undefined; readonly issue: ImportIssue }

export type JsonObject = { readonly [key: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function emptyAnswer(line: number): ImportIssue {
  return issue(
    'empty_answer',
    line,
    sentence`line ${line} has an empty answer: there is nothing to learn from it`,
  )
}
