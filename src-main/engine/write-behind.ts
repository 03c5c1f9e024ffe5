import { close, fdatasync, fsync, openSync, write } from 'node:fs'
import { promisify } from 'node:util'

const writeSome = promisify(write)
const syncData = promisify(fdatasync)
const syncAll = promisify(fsync)
const closeFile = promisify(close)

/** Written so much, the disk is set to work: systems let gigabytes pile up until the file is synced. */
const syncEveryBytes = 64 * 2 ** 20

/** A new file that is written while its next bytes are made. */
export class WriteBehind {
  readonly #file: number
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> = Promise.resolve()
  #unsyncedBytes = 0

  constructor(path: string) {
    this.#file = openSync(path, 'wx')
  }

  /**
   * Begins to write `bytes` at `offset`, as soon as what was given before is written: two pieces are in memory at most.
   * `bytes` must not change any more. An error of writing is thrown by the next call.
   */
  async write(bytes: Uint8Array, offset: number): Promise<void> {
    await this.#writing
    this.#writing = this.#writeAll(bytes, offset)
    // It is awaited later, and must not be reported as forgotten until then.
    this.#writing.catch(() => {})
  }

  /** Makes what was written durable. */
  async finish(): Promise<void> {
    await this.#writing
    await this.#syncing
    await syncAll(this.#file)
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing])
    await closeFile(this.#file)
  }

  async #writeAll(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await writeSome(this.#file, bytes, done, bytes.length - done, offset + done)
      done += bytesWritten
    }
    this.#unsyncedBytes += bytes.length
    if (this.#unsyncedBytes < syncEveryBytes) return
    this.#unsyncedBytes = 0
    await this.#syncing
    this.#syncing = syncData(this.#file)
    this.#syncing.catch(() => {})
  }
}
