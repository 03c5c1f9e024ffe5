import { closeSync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs'

/** Writes a new file piece by piece, makes it durable, and yields how many bytes are written after each piece. */
export async function* writePieces(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<number> {
  const file = openSync(path, 'wx')
  try {
    let written = 0
    for await (const piece of pieces) {
      for (let done = 0; done < piece.length;) done += writeSync(file, piece, done, piece.length - done)
      written += piece.length
      yield written
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Writes a new file at once and makes it durable. */
export function writeNewFile(path: string, content: Uint8Array | string): void {
  writeFileSync(path, content, { flag: 'wx', flush: true })
}
