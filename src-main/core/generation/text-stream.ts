/**
 * Bytes of tokens to text, piece by piece: a character whose bytes are spread over several tokens comes out
 * once it is whole, and bytes that are no UTF-8 come out as U+FFFD.
 *
 * Source: the UTF-8 decoder of the WHATWG Encoding Standard, section 8.1.1 (no byte order mark handling).
 */

const REPLACEMENT = '\uFFFD'
const space = 0x20

export class TextStream {
  /** Of the character under way: the bits so far, and how many bytes it still needs. */
  #codePoint = 0
  #needed = 0
  /** The range its next byte must be in; narrower than 80 to BF only for the second byte. */
  #lower = 0x80
  #upper = 0xbf
  #dropsSpace: boolean

  /** `dropsFirstSpace`: whether a space that the text begins with is left out. */
  constructor(dropsFirstSpace = false) {
    this.#dropsSpace = dropsFirstSpace
  }

  /** The text these bytes complete; may be empty. */
  push(bytes: Uint8Array): string {
    let text = ''
    for (const byte of bytes) {
      if (!this.#dropsSpace || byte !== space) text += this.#take(byte)
      this.#dropsSpace = false
    }
    return text
  }

  /** Ends the text: U+FFFD where a character was left unfinished. */
  end(): string {
    if (this.#needed === 0) return ''
    this.#reset()
    return REPLACEMENT
  }

  #take(byte: number): string {
    if (this.#needed === 0) return this.#start(byte)
    if (byte < this.#lower || byte > this.#upper) {
      // The character breaks off here, and this byte starts anew.
      this.#reset()
      return REPLACEMENT + this.#start(byte)
    }
    this.#lower = 0x80
    this.#upper = 0xbf
    this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f)
    this.#needed--
    if (this.#needed > 0) return ''
    const character = String.fromCodePoint(this.#codePoint)
    this.#reset()
    return character
  }

  #start(byte: number): string {
    if (byte < 0x80) return String.fromCharCode(byte)
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#needed = 1
      this.#codePoint = byte & 0x1f
    } else if (byte >= 0xe0 && byte <= 0xef) {
      // No overlong forms, no surrogates.
      if (byte === 0xe0) this.#lower = 0xa0
      if (byte === 0xed) this.#upper = 0x9f
      this.#needed = 2
      this.#codePoint = byte & 0xf
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      // No overlong forms, nothing above U+10FFFF.
      if (byte === 0xf0) this.#lower = 0x90
      if (byte === 0xf4) this.#upper = 0x8f
      this.#needed = 3
      this.#codePoint = byte & 0x7
    } else return REPLACEMENT
    return ''
  }

  #reset(): void {
    this.#codePoint = 0
    this.#needed = 0
    this.#lower = 0x80
    this.#upper = 0xbf
  }
}
