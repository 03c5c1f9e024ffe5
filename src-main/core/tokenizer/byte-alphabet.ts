/**
 * GPT-2's alphabet for bytes: byte-level vocabularies write each byte as one printable character, its own where
 * Latin-1 has a visible one there, otherwise the next free character from U+0100.
 * Source: openai/gpt-2 encoder.py (`bytes_to_unicode`).
 */

/** Byte → its character. */
export const byteCharacters: readonly string[] = makeCharacters()

const byCharacter: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
)

function makeCharacters(): string[] {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    return String.fromCharCode(visible ? byte : next++)
  })
}

/** The bytes a token of a byte-level vocabulary stands for, or null where it has a character of no byte. */
export function bytesOfToken(token: string): Uint8Array | null {
  const bytes = new Uint8Array(token.length)
  for (let index = 0; index < token.length; index++) {
    const byte = byCharacter.get(token.charAt(index))
    if (byte === undefined) return null
    bytes[index] = byte
  }
  return bytes
}

/** Bytes as a byte-level vocabulary writes them. */
export function textInAlphabet(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byteCharacters[byte]).join('')
}
