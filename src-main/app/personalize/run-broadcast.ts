/** What happens to the runs, for whoever watches them. */
import type { RunEvent } from '../services.ts'

/** The events of one run since the last look. */
export interface Subscription extends Disposable {
  /** Waits until there is something; [] once the signal is aborted. */
  take(signal: AbortSignal): Promise<readonly RunEvent[]>
}

export interface RunBroadcast {
  publish(runId: string, event: RunEvent): void
  subscribe(runId: string): Subscription
}

export function runBroadcast(): RunBroadcast {
  const listeners = new Map<string, Set<(event: RunEvent) => void>>()
  return {
    publish(runId, event) {
      for (const listener of listeners.get(runId) ?? []) listener(event)
    },
    subscribe(runId) {
      let waiting: RunEvent[] = []
      let wake: (() => void) | undefined
      const listener = (event: RunEvent): void => {
        waiting.push(event)
        wake?.()
      }
      const ofRun = listeners.get(runId) ?? new Set()
      listeners.set(runId, ofRun.add(listener))
      return {
        async take(signal) {
          if (waiting.length === 0 && !signal.aborted) {
            await new Promise<void>((resolve) => {
              wake = resolve
              signal.addEventListener('abort', () => resolve(), { once: true })
            })
          }
          const taken = waiting
          waiting = []
          return taken
        },
        [Symbol.dispose]() {
          ofRun.delete(listener)
          if (ofRun.size === 0 && listeners.get(runId) === ofRun) listeners.delete(runId)
        },
      }
    },
  }
}
