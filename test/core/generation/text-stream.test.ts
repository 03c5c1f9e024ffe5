import { describe, expect, test } from 'vitest'
import { TextStream } from '../../../src-main/core/generation/text-stream.ts'
import { TorchGenerator } from '../../../src-main/core/vera/random.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
/** The platform's decoder, which the stream must equal. */
const decoded = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

function streamed(bytes: Uint8Array, cut: () => number): string {
  const stream = new TextStream()
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const next = at + cut()
    text += stream.push(bytes.subarray(at, next))
    at = next
  }
  return text + stream.end()
}

describe('pieces', () => {
  test('a character comes out once its last byte is there', () => {
    const stream = new TextStream()
    const [first, second, third, fourth] = bytesOf('🙂')
    expect(stream.push(Uint8Array.of(0x61, first ?? 0))).toBe('a')
    expect(stream.push(Uint8Array.of(second ?? 0, third ?? 0))).toBe('')
    expect(stream.push(Uint8Array.of(fourth ?? 0, 0x62))).toBe('🙂b')
    expect(stream.end()).toBe('')
  })

  test('an unfinished character ends as U+FFFD, and the stream can be used again', () => {
    const stream = new TextStream()
    expect(stream.push(Uint8Array.of(0xe2, 0x82))).toBe('')
    expect(stream.end()).toBe('\uFFFD')
    expect(stream.push(bytesOf('é'))).toBe('é')
  })

  test('a byte that breaks a character off is kept', () => {
    const stream = new TextStream()
    expect(stream.push(Uint8Array.of(0xe2, 0x82, 0x41))).toBe('\uFFFDA')
  })
})

describe('equals the platform decoder', () => {
  const text = 'Grüße, Ελλάδα, 日本語, 👩‍👩‍👧‍👦, \u{10FFFF}, \uFEFF, \uD7FF, \uE000\n'

  test.each([1, 2, 3, 5])('text in pieces of %d bytes', (size) => {
    expect(streamed(bytesOf(text), () => size)).toBe(text)
  })

  test('random bytes, mostly of the kinds that start and continue characters', () => {
    const generator = new TorchGenerator(1)
    const starts = [0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff, 0x41]
    for (let round = 0; round < 3000; round++) {
      const bytes = Uint8Array.from({ length: 12 }, () => {
        const word = generator.word()
        if (word & 1) return 0x80 + ((word >>> 8) & 0x3f)
        return word & 2 ? (starts[(word >>> 8) % starts.length] ?? 0) : (word >>> 8) & 0xff
      })
      expect(streamed(bytes, () => 1 + (generator.word() % 3))).toBe(decoded(bytes))
    }
  })
})
