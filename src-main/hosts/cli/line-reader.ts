import { createInterface } from 'node:readline'
import type { LineReader } from './chat-session.ts'

/** The streams of a terminal, or of a pipe. */
export interface LineStreams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
}

const prompt = '› '

/**
 * Reads lines with editing and history on a terminal, plainly elsewhere.
 *
 * @param interrupted tells of a Ctrl+C that reaches the process and not the terminal's line
 */
export function readLines(
  { input, output }: LineStreams,
  interrupted: (listener: () => void) => () => void,
): LineReader {
  const terminal = input.isTTY === true
  const reader = createInterface({ input, ...(terminal && { output, prompt, terminal }) })
  const typed: string[] = []
  let waiting: ((line: string | null) => void) | undefined
  let interrupt: (() => void) | undefined
  let closed = false

  function give(line: string | null): void {
    const taker = waiting
    waiting = undefined
    taker?.(line)
  }

  function onControlC(): void {
    if (waiting !== undefined) reader.close()
    else interrupt?.()
  }

  reader.on('line', (line) => {
    if (waiting === undefined) typed.push(line)
    else give(line)
  })
  reader.on('close', () => {
    closed = true
    give(null)
  })
  // On a terminal readline reads Ctrl+C as a key; elsewhere it comes as a signal.
  reader.on('SIGINT', onControlC)
  const release = interrupted(onControlC)

  return {
    async next() {
      const line = typed.shift()
      if (line !== undefined) return line
      if (closed) return null
      if (terminal) reader.prompt()
      return await new Promise((resolve) => {
        waiting = resolve
      })
    },
    onInterrupt(listener) {
      interrupt = listener
      return () => {
        interrupt = undefined
      }
    },
    close() {
      release()
      reader.close()
    },
  }
}
