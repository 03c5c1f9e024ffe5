/** Reads protocol buffer messages (the wire format of protobuf.dev/programming-guides/encoding). */
import { sentence } from '../../contract/sentence.ts'
import { brokenTokenizer } from './failures.ts'

/** A field's number and what it holds: a varint or fixed number, or the bytes of a text or message. */
export interface ProtobufField {
  readonly field: number
  /** Varints beyond 2^53 lose their lowest bits; a fixed one of 4 bytes is a float. */
  readonly number: number
  readonly bytes: Uint8Array
}

const none = new Uint8Array(0)

/** The fields of one message in their order; fails with `tokenizer-broken` where the bytes are no message. */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  const take = (length: number): number => {
    const start = offset
    if (length > bytes.length - start) throw brokenMessage()
    offset += length
    return start
  }
  const varint = (): number => {
    let value = 0
    for (let place = 0; place < 10; place++) {
      const byte = bytes[take(1)] ?? 0
      value += (byte & 0x7f) * 2 ** (7 * place)
      if (byte < 0x80) return value
    }
    throw brokenMessage()
  }
  while (offset < bytes.length) {
    const key = varint()
    const field = Math.floor(key / 8)
    switch (key % 8) {
      case 0:
        yield { field, number: varint(), bytes: none }
        break
      case 1:
        yield { field, number: view.getFloat64(take(8), true), bytes: none }
        break
      case 2: {
        const length = varint()
        const start = take(length)
        yield { field, number: 0, bytes: bytes.subarray(start, start + length) }
        break
      }
      case 5:
        yield { field, number: view.getFloat32(take(4), true), bytes: none }
        break
      default:
        throw brokenMessage()
    }
  }
}

function brokenMessage(): Error {
  return brokenTokenizer(sentence`tokenizer.model is damaged: it is no protocol buffer message`)
}
