/** Which bytes of a file that comes in several ranges are there: kept beside it, as its size doesn't tell. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'

/** Bytes `start` to `end` (not included), of which the first `done` are there. */
const fileRange = z.object({ start: z.int().min(0), end: z.int(), done: z.int().min(0) })
export type FileRange = z.infer<typeof fileRange>

const record = z.object({ totalBytes: z.int(), ranges: z.array(fileRange).min(1) })

const recordPath = (partPath: string): string => `${partPath}.ranges`

/** Null where there is none; `damaged` where it makes no sense for a file of so many bytes. */
export async function readRecord(
  partPath: string,
  totalBytes: number,
): Promise<FileRange[] | 'damaged' | null> {
  const text = await readFile(recordPath(partPath), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    const read = record.parse(JSON.parse(text))
    const starts = read.ranges.map(({ start }) => start)
    const ends = read.ranges.map(({ end }) => end)
    const isWhole =
      read.totalBytes === totalBytes &&
      [...starts, totalBytes].every((start, index) => start === (index === 0 ? 0 : ends[index - 1])) &&
      read.ranges.every(({ start, end, done }) => done <= end - start)
    return isWhole ? read.ranges : 'damaged'
  } catch {
    return 'damaged'
  }
}

export async function writeRecord(
  partPath: string,
  totalBytes: number,
  ranges: readonly FileRange[],
): Promise<void> {
  const path = recordPath(partPath)
  await writeFile(`${path}.new`, JSON.stringify({ totalBytes, ranges }), { flush: true })
  await rename(`${path}.new`, path)
}

export async function removeRecord(partPath: string): Promise<void> {
  for (const path of [recordPath(partPath), `${recordPath(partPath)}.new`]) await rm(path, { force: true })
}

/** How many bytes are there. */
export function doneBytes(ranges: readonly FileRange[]): number {
  return ranges.reduce((sum, { done }) => sum + done, 0)
}
