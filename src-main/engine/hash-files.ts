import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

/** How often progress is told by who waits. */
const tellMs = 100

/** SHA-256 of files, one after the other as if they were one, found by a thread of its own. */
export class FileHash {
  /** Read so far. */
  doneBytes = 0
  readonly #digest: Promise<string>
  readonly #worker: Worker

  constructor(paths: readonly string[]) {
    // The function's text and not a file: bundles would not find it.
    this.#worker = new Worker(`(${hashInThread.toString()})()`, { eval: true, workerData: paths })
    this.#digest = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: number | string) => {
        if (typeof message === 'string') resolve(message)
        else this.doneBytes += message
      })
      this.#worker.on('error', reject)
    })
    // Whoever waits for it is told; nobody may wait any more.
    this.#digest.catch(() => {})
  }

  /** Yields 0 now and then, until the hash is there: in hexadecimal digits. */
  async *wait(): AsyncGenerator<0, string> {
    for (;;) {
      const digest = await Promise.race([this.#digest, delay(tellMs, null)])
      if (digest !== null) return digest
      yield 0
    }
  }

  /** Ends it, finished or not. */
  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** Posts how many bytes each piece has, then the digest. Only its text gets into the thread: it refers to nothing outside. */
function hashInThread(): void {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs')
  const thread = process.getBuiltinModule('node:worker_threads')
  const hash = createHash('sha256')
  const buffer = new Uint8Array(2 ** 22)
  for (const path of thread.workerData as readonly string[]) {
    const file = openSync(path, 'r')
    for (;;) {
      const count = readSync(file, buffer)
      if (count === 0) break
      hash.update(buffer.subarray(0, count))
      thread.parentPort?.postMessage(count)
    }
    closeSync(file)
  }
  thread.parentPort?.postMessage(hash.digest('hex'))
}
