/** Reads a GGUF header front to back: little-endian numbers, strings and typed values. */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import type { ByteSource } from './byte-source.ts'

export type GgufValue = number | bigint | boolean | string | readonly GgufValue[]

/** Chat templates, the longest texts of a header, are under 100 kB; a longer claim is damage. */
const maxStringBytes = 16 * 1024 * 1024
/** The largest vocabularies have some 260,000 tokens and twice as many merges. */
const maxArrayLength = 4_000_000
/** No known metadata nests lists at all; keeps a made-up header from exhausting the stack. */
const maxArrayDepth = 4
/** A header is many small values: reading it in windows keeps a file-backed source quick. */
const windowBytes = 1024 * 1024

const u8 = 0
const i8 = 1
const u16 = 2
const i16 = 3
const u32 = 4
const i32 = 5
const f32 = 6
const bool = 7
const string = 8
const array = 9
const u64 = 10
const i64 = 11
const f64 = 12

/** The fewest bytes a value of each type takes, to check a list's length against the file before reading it. */
const leastBytes: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8]

const decoder = new TextDecoder()

/** A place in a GGUF header; every read moves it forward and fails with `gguf-truncated` at the end of the file. */
export class GgufCursor {
  readonly #source: ByteSource
  #window: DataView = new DataView(new ArrayBuffer(0))
  #windowStart = 0
  /** In bytes from the start of the file. */
  position = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  u32(): number {
    return this.#take(4, (view, at) => view.getUint32(at, true))
  }

  /** A count or length, which a file this side of 8 petabytes can't exceed. */
  count(what: Sentence, limit: number): number {
    const value = this.#take(8, (view, at) => view.getBigUint64(at, true))
    if (value > BigInt(limit))
      throw brokenGguf(sentence`it claims ${what} of ${String(value)}, more than ${limit} is not believable`)
    return Number(value)
  }

  string(): string {
    const length = this.count(sentence`a text length`, maxStringBytes)
    return this.#take(length, (view, at) =>
      decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at, length)),
    )
  }

  /** A metadata value: its type number, then the value. */
  value(key: string): GgufValue {
    return this.#typed(this.u32(), key, 0)
  }

  #typed(type: number, key: string, depth: number): GgufValue {
    switch (type) {
      case u8:
        return this.#take(1, (view, at) => view.getUint8(at))
      case i8:
        return this.#take(1, (view, at) => view.getInt8(at))
      case u16:
        return this.#take(2, (view, at) => view.getUint16(at, true))
      case i16:
        return this.#take(2, (view, at) => view.getInt16(at, true))
      case u32:
        return this.u32()
      case i32:
        return this.#take(4, (view, at) => view.getInt32(at, true))
      case f32:
        return this.#take(4, (view, at) => view.getFloat32(at, true))
      case f64:
        return this.#take(8, (view, at) => view.getFloat64(at, true))
      case bool:
        return this.#take(1, (view, at) => view.getUint8(at) !== 0)
      case u64:
        return plain(this.#take(8, (view, at) => view.getBigUint64(at, true)))
      case i64:
        return plain(this.#take(8, (view, at) => view.getBigInt64(at, true)))
      case string:
        return this.string()
      case array:
        return this.#array(key, depth + 1)
      default:
        throw brokenGguf(sentence`its entry "${key}" has a value of the unknown type ${type}`)
    }
  }

  #array(key: string, depth: number): readonly GgufValue[] {
    if (depth > maxArrayDepth) throw brokenGguf(sentence`its entry "${key}" nests lists too deeply`)
    const type = this.u32()
    const length = this.count(sentence`a list length in "${key}"`, maxArrayLength)
    const needed = length * (leastBytes[type] ?? 1)
    if (this.position + needed > this.#source.size) throw truncatedHeader(this.#source.size)
    const values: GgufValue[] = []
    for (let index = 0; index < length; index++) values.push(this.#typed(type, key, depth))
    return values
  }

  /** Reads the next `length` bytes through the window and moves past them. */
  #take<T>(length: number, read: (view: DataView, at: number) => T): T {
    const end = this.position + length
    if (end > this.#source.size) throw truncatedHeader(this.#source.size)
    if (end > this.#windowStart + this.#window.byteLength) {
      const bytes = this.#source.read(
        this.position,
        Math.min(Math.max(windowBytes, length), this.#source.size - this.position),
      )
      this.#window = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      this.#windowStart = this.position
    }
    const value = read(this.#window, this.position - this.#windowStart)
    this.position = end
    return value
  }
}

/** A 64-bit integer as a number where that is exact. */
function plain(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function truncatedHeader(size: number): Failure {
  return new Failure(
    'gguf-truncated',
    sentence`The model file ends too early (after ${size} bytes, within its header). Download it again, or pick another file.`,
  )
}

export function brokenGguf(what: Sentence): Failure {
  return new Failure(
    'gguf-broken',
    sentence`The model file is damaged: ${what}. Download it again, or pick another file.`,
  )
}
