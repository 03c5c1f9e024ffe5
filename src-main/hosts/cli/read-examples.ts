import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ImportIssue } from '../../contract/entities.ts'
import { Failure, messageOf } from '../../contract/failure.ts'
import type { ParsedExample } from '../../app/services.ts'
import type { Context } from './command.ts'
import { drain } from './drain.ts'
import { count } from './format.ts'
import type { Output } from './output.ts'

/**
 * The good examples of a file; what can't be read is listed on stderr, line by line.
 *
 * @throws Failure `file-not-read`, `no-examples`
 */
export async function readExamples(
  { services, output, signal }: Context,
  path: string,
): Promise<readonly ParsedExample[]> {
  const reading = services.examples.parse(basename(path), await readFileOfExamples(path), {}, signal)
  const { examples, issues } = await drain(reading, () => {}, signal)
  noteIssues(output, path, issues)
  if (examples.length === 0) {
    throw new Failure(
      'no-examples',
      `No example could be read from “${path}” (${count(issues.length, 'problem')}). Nothing was done.`,
    )
  }
  if (issues.length > 0) {
    output.note(`Going on with ${count(examples.length, 'good example')}; the lines above are left out.`)
  }
  return examples
}

export function noteIssues(output: Output, path: string, issues: readonly ImportIssue[]): void {
  for (const { line, message } of issues) {
    output.note(line === null ? `${path}: ${message}` : `${path}:${line}: ${message}`)
  }
}

/** @throws Failure `file-not-read` */
export async function readFileOfExamples(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reason =
      code === 'ENOENT'
        ? `There is no file “${path}”.`
        : code === 'EISDIR'
          ? `“${path}” is a folder; give a file of examples.`
          : `“${path}” can't be read: ${messageOf(error)}.`
    throw new Failure('file-not-read', reason, { cause: error })
  }
}
