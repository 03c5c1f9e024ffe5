/**
 * Writes GGUF version 3 in pieces, in the order of the file, so that a model needs no more memory than the
 * largest piece of a tensor. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { tensorTypeNamed } from './tensor-types.ts'

/** A metadata value with the type it has in the file. */
export type GgufEntry =
  | { readonly type: 'u32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'u64'; readonly value: bigint }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] }
  | { readonly type: 'u8s'; readonly value: Uint8Array }

export interface GgufTensorInfo {
  readonly name: string
  /** ggml's name of the format, for example `F16` or `Q8_0`. */
  readonly type: string
  /** Row-major, as `GgufTensor` has it. */
  readonly shape: readonly number[]
}

export interface GgufTensorSource extends GgufTensorInfo {
  /** The tensor's bytes, in as many pieces as its source likes; asked for once, when its turn comes. */
  pieces(): Iterable<Uint8Array>
}

const alignment = 32
const types = { u8: 0, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10 } as const
const encoder = new TextEncoder()

/**
 * The file's bytes: the header first, then tensor by tensor.
 *
 * @throws RangeError for a tensor whose rows are no whole blocks of its format, or whose pieces have another length
 *   than its shape says.
 */
export function* writeGguf(
  metadata: ReadonlyMap<string, GgufEntry>,
  tensors: readonly GgufTensorSource[],
): Generator<Uint8Array> {
  yield ggufHeader(metadata, tensors)
  for (const tensor of tensors) {
    const expected = ggufTensorBytes(tensor)
    let written = 0
    for (const piece of tensor.pieces()) {
      written += piece.length
      yield piece
    }
    if (written !== expected) {
      throw new RangeError(`Tensor ${tensor.name} has ${written} bytes where its shape asks for ${expected}.`)
    }
    yield ggufPadding(expected)
  }
}

/** What the file begins with. Each tensor's bytes follow, in the order given, and after each its `ggufPadding`. */
export function ggufHeader(
  metadata: ReadonlyMap<string, GgufEntry>,
  tensors: readonly GgufTensorInfo[],
): Uint8Array {
  const header = new Bytes()
  header.add(encoder.encode('GGUF'), u32(3), u64(tensors.length), u64(metadata.size))
  for (const [key, entry] of metadata) header.add(text(key), entryBytes(entry))
  let offset = 0
  for (const tensor of tensors) {
    const type = tensorTypeNamed(tensor.type)
    header.add(text(tensor.name), u32(tensor.shape.length), ...tensor.shape.toReversed().map(u64))
    header.add(u32(type.id), u64(offset))
    offset += aligned(ggufTensorBytes(tensor))
  }
  header.add(ggufPadding(header.length))
  return header.joined()
}

/** What `writeGguf` will write of tensors, the header not counted: for progress and for room on the disk. */
export function ggufDataBytes(tensors: readonly GgufTensorInfo[]): number {
  return tensors.reduce((sum, tensor) => sum + aligned(ggufTensorBytes(tensor)), 0)
}

/** @throws RangeError where a row is no whole blocks of the format */
export function ggufTensorBytes({ name, shape, type }: GgufTensorInfo): number {
  const { blockSize, bytesPerBlock } = tensorTypeNamed(type)
  const rowLength = shape.at(-1) ?? 1
  if (rowLength % blockSize !== 0) {
    throw new RangeError(`A row of tensor ${name} has ${rowLength} weights, no multiple of ${blockSize}.`)
  }
  return (shape.reduce((product, length) => product * length, 1) / blockSize) * bytesPerBlock
}

function entryBytes(entry: GgufEntry): Uint8Array {
  const bytes = new Bytes()
  switch (entry.type) {
    case 'u32':
      bytes.add(u32(types.u32), u32(entry.value))
      break
    case 'f32':
      bytes.add(u32(types.f32), floats([entry.value]))
      break
    case 'bool':
      bytes.add(u32(types.bool), Uint8Array.of(entry.value ? 1 : 0))
      break
    case 'u64':
      bytes.add(u32(types.u64), u64(entry.value))
      break
    case 'string':
      bytes.add(u32(types.string), text(entry.value))
      break
    case 'strings':
      bytes.add(u32(types.array), u32(types.string), u64(entry.value.length))
      for (const value of entry.value) bytes.add(text(value))
      break
    case 'i32s':
      bytes.add(u32(types.array), u32(types.i32), u64(entry.value.length), integers(entry.value))
      break
    case 'f32s':
      bytes.add(u32(types.array), u32(types.f32), u64(entry.value.length), floats(entry.value))
      break
    case 'u8s':
      bytes.add(u32(types.array), u32(types.u8), u64(entry.value.length), entry.value)
      break
  }
  return bytes.joined()
}

/** Collects parts; vocabularies make hundreds of thousands of them. */
class Bytes {
  readonly #parts: Uint8Array[] = []
  length = 0

  add(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#parts.push(part)
      this.length += part.length
    }
  }

  joined(): Uint8Array {
    const bytes = new Uint8Array(this.length)
    let offset = 0
    for (const part of this.#parts) {
      bytes.set(part, offset)
      offset += part.length
    }
    return bytes
  }
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}

function u64(value: number | bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)
}

function integers(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer)
}

function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}

function text(value: string): Uint8Array {
  const bytes = new Bytes()
  const encoded = encoder.encode(value)
  bytes.add(u64(encoded.length), encoded)
  return bytes.joined()
}

function aligned(length: number): number {
  return Math.ceil(length / alignment) * alignment
}

export function ggufPadding(length: number): Uint8Array {
  return new Uint8Array(aligned(length) - length)
}
