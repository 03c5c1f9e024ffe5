/** Gathers what is read of a file, record by record. */
import type { ImportIssue } from '../../contract/entities.ts'
import { sentence } from '../../contract/sentence.ts'
import type { ParsedExample, ParsedExamples } from '../services.ts'
import { issue } from './import-issue.ts'
import type { RecordResult } from './record-result.ts'

/** More than this many issues say no more than the first ones: the file is something else. */
const maxIssues = 200

export class ParsedCollector {
  readonly #examples: ParsedExample[] = []
  readonly #issues: ImportIssue[] = []
  #issuesLeftOut = 0

  add(read: RecordResult, line: number): void {
    if (read.messages === undefined) this.report(read.issue)
    else this.#examples.push({ messages: read.messages, rejected: read.rejected, tags: read.tags, line })
  }

  report(found: ImportIssue): void {
    if (this.#issues.length < maxIssues) this.#issues.push(found)
    else this.#issuesLeftOut++
  }

  result(): ParsedExamples {
    const issues = this.#issues.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
    const left = this.#issuesLeftOut
    if (left > 0) issues.push(issue('more_issues', null, sentence`and ${left} more lines with problems`))
    return { examples: this.#examples, issues }
  }
}
