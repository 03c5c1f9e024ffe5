/** Ctrl+C, as this process gets it. */
export interface Interrupts {
  /** Aborted by the first one that nobody else takes. */
  readonly signal: AbortSignal
  /** The listener takes them from now on; answers how to stop that. */
  take(listener: () => void): () => void
}

/**
 * Listens to SIGINT and SIGTERM.
 *
 * @param leave called when one comes after the first: the person does not want to wait
 */
export function listenToInterrupts(source: NodeJS.EventEmitter, leave: () => void): Interrupts {
  const controller = new AbortController()
  let taker: (() => void) | undefined

  const onSignal = (): void => {
    if (taker !== undefined) taker()
    else if (controller.signal.aborted) leave()
    else controller.abort()
  }
  source.on('SIGINT', onSignal)
  source.on('SIGTERM', onSignal)

  return {
    signal: controller.signal,
    take(listener) {
      taker = listener
      return () => {
        taker = undefined
      }
    },
  }
}
