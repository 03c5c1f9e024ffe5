/** One thing a person can start on a screen: whether it is under way, and why it failed. */
import { toFailureMessage, type FailureMessage } from '../../src-main/contract/failure.ts'

export class Task {
  busy = $state(false)
  failure = $state.raw<FailureMessage | null>(null)
  #controller: AbortController | null = null

  /** Runs the work and keeps its failure, if any; true when it was done. A task that is busy isn't started twice. */
  async run(work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    if (this.busy) return false
    const controller = new AbortController()
    this.#controller = controller
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
    }
  }

  stop(): void {
    this.#controller?.abort()
  }
}
