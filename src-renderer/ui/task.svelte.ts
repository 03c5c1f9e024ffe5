/** One thing a person can start on a screen: whether it is under way, and why it failed. */
import { toFailureMessage, type FailureMessage } from '../../src-main/contract/failure.ts'

export class Task {
  busy = $state(false)
  failure = $state.raw<FailureMessage | null>(null)
  #controller: AbortController | null = null
  #ended: Promise<unknown> = Promise.resolve()

  /** Runs the work and keeps its failure, if any; true when it was done. A task that is busy isn't started twice. */
  async run(work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    if (this.busy) return false
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<null>()
    this.#controller = controller
    this.#ended = promise
    this.busy = true
    this.failure = null
    try {
      await work(controller.signal)
      return true
    } catch (error) {
      if (!controller.signal.aborted) this.failure = toFailureMessage(error)
      return false
    } finally {
      this.busy = false
      this.#controller = null
      resolve(null)
    }
  }

  stop(): void {
    this.#controller?.abort()
  }

  /** Settles when nothing is under way. */
  async idle(): Promise<void> {
    await this.#ended
  }
}
