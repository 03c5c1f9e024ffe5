/** Downloads a large file over several connections at once, each bringing a range of it. */
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Download } from './download-https.ts'
import { doneBytes, type FileRange, removeRecord, writeRecord } from './download-record.ts'
import {
  announcedBytes,
  ConnectionCut,
  type Connecting,
  cutTooOften,
  mismatch,
  withAnswer,
} from './http-answer.ts'

export interface Parallel {
  readonly connections: number
  /** A range is at least so long: for less, another connection isn't worth it. */
  readonly leastBytes: number
}

export const parallel: Parallel = { connections: 4, leastBytes: 16 * 1024 * 1024 }

/** How often progress is told. */
const tellMs = 200
/** After so many more bytes the record is written, and what it says is on the disk. */
const recordEveryBytes = 64 * 1024 * 1024
/** As for a single connection: so many in a row that bring nothing, and the download is given up. */
const maxFruitless = 3

/** The server sends the whole file whatever range it is asked for. */
class RangesIgnored extends Error {}

/** The ranges of a file of which a beginning is there; null where one connection is enough. */
export function planRanges(
  doneStart: number,
  totalBytes: number,
  { connections, leastBytes }: Parallel,
): FileRange[] | null {
  const count = Math.min(connections, Math.floor((totalBytes - doneStart) / leastBytes))
  if (count < 2) return null
  const border = (index: number): number =>
    index === 0 ? 0 : doneStart + Math.floor(((totalBytes - doneStart) * index) / count)
  return Array.from({ length: count }, (_, index) => ({
    start: border(index),
    end: border(index + 1),
    done: index === 0 ? doneStart : 0,
  }))
}

/**
 * Yields how many bytes are there. Returns false, and nothing of the file stays, where the server knows no ranges.
 * Errors and aborting as for `downloadHttps`; the part file and its record stay.
 */
export async function* downloadRanges(
  download: Download,
  ranges: FileRange[],
  connecting: Connecting,
): AsyncGenerator<number, boolean> {
  const { partPath, totalBytes } = download
  // Whoever leaves, a reader or a connection that failed, ends the others.
  const left = new AbortController()
  const signal = AbortSignal.any([connecting.signal, left.signal])
  await writeRecord(partPath, totalBytes, ranges)
  const file = await open(partPath, 'a').then(async (made) => {
    await made.close()
    return open(partPath, 'r+')
  })
  const receiving = ranges.map((range) => receiveAll(download, file, range, { ...connecting, signal }))
  const all = Promise.all(receiving)
  let finished = false
  const ended = all.then(
    () => (finished = true),
    () => (finished = true),
  )
  let recorded = doneBytes(ranges)
  try {
    while (!finished) {
      await Promise.race([ended, delay(tellMs)])
      const done = doneBytes(ranges)
      if (done >= recorded + recordEveryBytes) {
        recorded = done
        await record(download, file, ranges)
      }
      yield done
    }
    await all
    await file.datasync()
    await removeRecord(partPath)
    return true
  } catch (error) {
    if (!(error instanceof RangesIgnored)) throw error
    return false
  } finally {
    left.abort()
    await Promise.allSettled(receiving)
    if (doneBytes(ranges) < totalBytes) await record(download, file, ranges)
    await file.close()
  }
}

/** What the record says is there must be on the disk before it is said. */
async function record(
  { partPath, totalBytes }: Download,
  file: FileHandle,
  ranges: readonly FileRange[],
): Promise<void> {
  const told = ranges.map((range) => ({ ...range }))
  await file.datasync()
  await writeRecord(partPath, totalBytes, told)
}

/** One range, over as many connections as it takes. */
async function receiveAll(
  download: Download,
  file: FileHandle,
  range: FileRange,
  connecting: Connecting,
): Promise<void> {
  for (let fruitless = 0; range.done < range.end - range.start;) {
    const before = range.done
    try {
      for await (const _ of receive(download, file, range, connecting));
    } catch (error) {
      if (!(error instanceof ConnectionCut) || connecting.signal.aborted) throw error
      fruitless = range.done > before ? 0 : fruitless + 1
      if (fruitless === maxFruitless) throw cutTooOften(download.url, error)
    }
  }
}

function receive(
  { url, totalBytes }: Download,
  file: FileHandle,
  range: FileRange,
  connecting: Connecting,
): AsyncGenerator<void, void> {
  const from = range.start + range.done
  return withAnswer(
    url,
    `bytes=${from}-${range.end - 1}`,
    connecting,
    async function* ({ response, chunks }) {
      if (response.status !== 206) throw new RangesIgnored()
      const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]
      if (total !== undefined && Number(total) !== totalBytes) throw mismatch(url)
      if ((announcedBytes(response) ?? range.end - from) !== range.end - from) throw mismatch(url)
      for await (const chunk of chunks) {
        if (range.done + chunk.length > range.end - range.start) throw mismatch(url)
        await file.write(chunk, 0, chunk.length, range.start + range.done)
        range.done += chunk.length
        yield
      }
      if (range.done < range.end - range.start) throw new ConnectionCut('The body ended early.')
    },
  )
}
