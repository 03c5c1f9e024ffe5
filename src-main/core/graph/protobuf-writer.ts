/** Writes protocol buffer messages (the wire format of protobuf.dev/programming-guides/encoding). */
export class ProtobufWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  /** A varint; negative numbers take ten bytes, as int64 fields do. */
  int(field: number, value: number): void {
    this.#varint(BigInt(field * 8))
    this.#varint(BigInt.asUintN(64, BigInt(value)))
  }

  float(field: number, value: number): void {
    this.#varint(BigInt(field * 8 + 5))
    this.#append(new Uint8Array(new Float32Array([value]).buffer))
  }

  bytes(field: number, value: Uint8Array): void {
    this.#varint(BigInt(field * 8 + 2))
    this.#varint(BigInt(value.length))
    this.#append(value)
  }

  text(field: number, value: string): void {
    this.bytes(field, utf8(value))
  }

  message(field: number, write: (message: ProtobufWriter) => void): void {
    const message = new ProtobufWriter()
    write(message)
    this.bytes(field, message.finish())
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #varint(value: bigint): void {
    const out: number[] = []
    let rest = value
    do {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      out.push(rest > 0n ? low | 0x80 : low)
    } while (rest > 0n)
    this.#append(Uint8Array.from(out))
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = needed
  }
}

/** Names and texts of a graph: `encodeURIComponent` gives their UTF-8 bytes without a host's TextEncoder. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text)
  const bytes: number[] = []
  for (let at = 0; at < escaped.length; at++) {
    if (escaped[at] !== '%') bytes.push(escaped.charCodeAt(at))
    else {
      bytes.push(Number.parseInt(escaped.slice(at + 1, at + 3), 16))
      at += 2
    }
  }
  return Uint8Array.from(bytes)
}
