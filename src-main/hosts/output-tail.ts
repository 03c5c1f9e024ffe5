/** How much of a process's last output is kept, in characters: enough for a stack trace. */
const tailLength = 8_000

interface Output {
  setEncoding?(encoding: 'utf8'): unknown
  on(event: 'data', listener: (chunk: string | Buffer) => void): unknown
}

/** Reads the streams and keeps the end of what came, for the cause of a crash. */
export function keepTail(...streams: readonly (Output | null)[]): () => string {
  let tail = ''
  for (const stream of streams) {
    stream?.setEncoding?.('utf8')
    stream?.on('data', (chunk) => {
      tail = (tail + chunk.toString()).slice(-tailLength)
    })
  }
  return () => tail.trim()
}
