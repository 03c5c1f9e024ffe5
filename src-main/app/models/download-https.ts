/** Downloads a file over HTTP into a part file, going on where a cut download ended. */
import { open, rm, stat } from 'node:fs/promises'
import type { Network } from '../network/network-log.ts'
import { downloadRanges, parallel as usualParallel, planRanges } from './download-ranges.ts'
import { readRecord, removeRecord } from './download-record.ts'
import {
  announcedBytes,
  ConnectionCut,
  type Connecting,
  cutTooOften,
  mismatch,
  type WaitingLimits,
  withAnswer,
} from './http-answer.ts'

export const waitingLimits: WaitingLimits = { answerMs: 5_000, stallMs: 30_000 }

/** So many connections in a row that bring nothing, and the download is given up; what has come stays. */
const maxFruitless = 3

/** A chunk is some kilobytes: telling of each would flood the screens. */
const progressSteps = 500

export interface Download {
  readonly url: string
  readonly partPath: string
  readonly totalBytes: number
}

/**
 * Yields how many bytes are there, until all are; large files come over several connections. Whether they are the
 * right ones, the caller checks.
 *
 * Errors: `source-unreachable`, `source-refused` (an HTTP status), `source-mismatch` (another size),
 * `download-cut`. Aborting rejects and keeps the part file.
 */
export async function* downloadHttps(
  download: Download,
  network: Network['fetch'],
  signal: AbortSignal,
  limits = waitingLimits,
  parallel = usualParallel,
): AsyncGenerator<number, void> {
  const { partPath, totalBytes, url } = download
  const connecting = { network, signal, limits }
  const record = await readRecord(partPath, totalBytes)
  // What is there nobody knows then.
  if (record === 'damaged') await removeDownload(partPath)
  const known = record === 'damaged' ? null : record
  const ranges = known ?? planRanges(await fileSize(partPath), totalBytes, parallel)
  if (ranges !== null) {
    if (yield* downloadRanges(download, ranges, connecting)) return
    await removeDownload(partPath)
  }
  for (let fruitless = 0; ;) {
    const before = await fileSize(partPath)
    if (before === totalBytes) return
    if (before > totalBytes) await rm(partPath)
    try {
      yield* receiveRest(download, connecting)
      return
    } catch (error) {
      if (!(error instanceof ConnectionCut) || signal.aborted) throw error
      fruitless = (await fileSize(partPath)) > before ? 0 : fruitless + 1
      if (fruitless === maxFruitless) throw cutTooOften(url, error)
    }
  }
}

/** Removes what has come so far. */
export async function removeDownload(partPath: string): Promise<void> {
  await rm(partPath, { force: true })
  await removeRecord(partPath)
}

/** One connection: from the part file's end to the end of the file. */
async function* receiveRest(
  { url, partPath, totalBytes }: Download,
  connecting: Connecting,
): AsyncGenerator<number, void> {
  const from = await fileSize(partPath)
  const range = from > 0 ? `bytes=${from}-` : null
  yield* withAnswer(url, range, connecting, async function* ({ response, chunks }) {
    // A server that can't continue answers 200 and sends all from the start.
    const continues = response.status === 206
    let doneBytes = continues ? from : 0
    if ((announcedBytes(response) ?? totalBytes - doneBytes) !== totalBytes - doneBytes) throw mismatch(url)
    let nextToTell = 0
    await using file = await open(partPath, continues ? 'a' : 'w')
    for await (const chunk of chunks) {
      doneBytes += chunk.length
      if (doneBytes > totalBytes) throw mismatch(url)
      await file.appendFile(chunk)
      if (doneBytes < nextToTell && doneBytes < totalBytes) continue
      nextToTell = doneBytes + totalBytes / progressSteps
      yield doneBytes
    }
    if (doneBytes < totalBytes) throw new ConnectionCut('The body ended early.')
  })
}

async function fileSize(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  )
}
