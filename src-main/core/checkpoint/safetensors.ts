/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header, then the tensors' bytes.
 * Source: https://github.com/huggingface/safetensors (README, "Format").
 */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import type { ByteSource } from './byte-source.ts'

/** Bytes of one element. */
const bytesPerElement = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const

export type SafetensorsDtype = keyof typeof bytesPerElement

/** The same limit as the reference implementation: a header is names and offsets, never weights. */
const maxHeaderBytes = 100_000_000
/** No tensor of a language model comes near; keeps a made-up shape from costing time. */
const maxDimensions = 16

/** One tensor of a file; its bytes (row-major, little-endian) are only read on demand. */
export interface SafetensorsTensor {
  readonly name: string
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  readonly byteLength: number
  /** All of its bytes, or `length` of them from the byte `from` on; `into` as for a `ByteSource`. */
  read(from?: number, length?: number, into?: Uint8Array): Uint8Array
}

export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>
}

/** What the writer takes: `bytes` row-major, little-endian. */
export interface SafetensorsData {
  readonly dtype: SafetensorsDtype
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/**
 * Reads the header of a safetensors file.
 *
 * Fails with `safetensors-truncated` when the file is shorter than it says, with `safetensors-broken` when it
 * contradicts itself (lying lengths, overlaps, gaps) and with `safetensors-dtype` for an unknown element type.
 */
export function readSafetensors(source: ByteSource): SafetensorsFile {
  const { header, dataStart } = readHeader(source)
  const metadata = new Map<string, string>()
  const tensors = new Map<string, SafetensorsTensor>()
  const spans: { name: string; begin: number; end: number }[] = []
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      readMetadata(entry, metadata)
      continue
    }
    const { dtype, shape, begin, end } = readEntry(name, entry)
    spans.push({ name, begin, end })
    const byteLength = end - begin
    tensors.set(name, {
      name,
      dtype,
      shape,
      byteLength,
      read: (from = 0, length = byteLength - from, into) =>
        source.read(dataStart + begin + from, length, into),
    })
  }
  checkSpans(spans, source.size - dataStart)
  return { metadata, tensors }
}

/**
 * The bytes of a safetensors file. Tensors are written widest element type first, then by name, so that every
 * tensor is aligned to its element and the same content always gives the same bytes; the header is padded to
 * 8 bytes with spaces.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsData>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      bytesPerElement[b.dtype] - bytesPerElement[a.dtype] || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  )
  for (const [name, { dtype, shape, bytes }] of ordered) {
    if (bytes.length === elementCount(shape) * bytesPerElement[dtype]) continue
    throw new RangeError(`Tensor ${name}: ${bytes.length} bytes do not fill ${dtype} [${shape.join(', ')}].`)
  }
  const header = safetensorsHeader(ordered, metadata)
  const dataBytes = ordered.reduce((sum, [, { bytes }]) => sum + bytes.length, 0)
  const file = new Uint8Array(header.length + dataBytes)
  file.set(header)
  let offset = header.length
  for (const [, { bytes }] of ordered) {
    file.set(bytes, offset)
    offset += bytes.length
  }
  return file
}

/** What such a file begins with; the bytes of the tensors follow in the order given. */
export function safetensorsHeader(
  tensors: readonly (readonly [name: string, Pick<SafetensorsData, 'dtype' | 'shape'>])[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = []
  if (metadata.size > 0) {
    const sorted = [...metadata].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    entries.push(['__metadata__', Object.fromEntries(sorted)])
  }
  let end = 0
  for (const [name, { dtype, shape }] of tensors) {
    const start = end
    end += elementCount(shape) * bytesPerElement[dtype]
    entries.push([name, { dtype, shape, data_offsets: [start, end] }])
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const headerBytes = Math.ceil(json.length / 8) * 8
  const header = new Uint8Array(8 + headerBytes)
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true)
  header.fill(0x20, 8 + json.length)
  header.set(json, 8)
  return header
}

function readHeader(source: ByteSource): { header: object; dataStart: number } {
  if (source.size < 8) throw truncated(source.size, 8)
  const prefix = source.read(0, 8)
  const declared = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true)
  if (declared > BigInt(maxHeaderBytes)) {
    throw broken(
      sentence`its header claims ${String(declared)} bytes, more than the ${maxHeaderBytes} that are allowed`,
    )
  }
  const headerBytes = Number(declared)
  if (8 + headerBytes > source.size) throw truncated(source.size, 8 + headerBytes)
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(source.read(8, headerBytes)))
  } catch (cause) {
    throw broken(sentence`its header is not JSON`, cause)
  }
  if (!isRecord(header)) throw broken(sentence`its header is not a JSON object`)
  return { header, dataStart: 8 + headerBytes }
}

function readMetadata(entry: unknown, into: Map<string, string>): void {
  if (!isRecord(entry)) throw broken(sentence`its metadata is not an object`)
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string') throw broken(sentence`its metadata "${key}" is not a text`)
    into.set(key, value)
  }
}

function readEntry(name: string, entry: unknown) {
  if (!isRecord(entry)) throw broken(sentence`the entry of tensor ${name} is not an object`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype)) {
    throw new Failure(
      'safetensors-dtype',
      sentence`Tensor ${name} has the element type ${String(dtype)}, which Veranda cannot read. Use a file with F32, F16 or BF16 weights.`,
    )
  }
  if (!isLengths(shape) || shape.length > maxDimensions)
    throw broken(sentence`tensor ${name} has no valid shape`)
  if (!isLengths(offsets)) throw broken(sentence`tensor ${name} has no valid offsets`)
  const [begin, end] = offsets
  if (begin === undefined || end === undefined || offsets.length !== 2 || begin > end) {
    throw broken(sentence`tensor ${name} has no valid offsets`)
  }
  const expected = elementCount(shape) * bytesPerElement[dtype]
  if (end - begin !== expected) {
    throw broken(
      sentence`tensor ${name} (${dtype} [${shape.join(', ')}]) needs ${expected} bytes but claims ${end - begin}`,
    )
  }
  return { dtype, shape, begin, end }
}

/** The tensors must fill the data part of the file exactly: no overlap, no gap, nothing left over. */
function checkSpans(spans: { name: string; begin: number; end: number }[], dataBytes: number): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let reached = 0
  for (const { name, begin, end } of spans) {
    if (begin < reached) throw broken(sentence`tensor ${name} overlaps another tensor`)
    if (begin > reached) throw broken(sentence`there is a gap before tensor ${name}`)
    reached = end
  }
  if (reached > dataBytes) throw truncated(dataBytes, reached)
  if (reached < dataBytes) throw broken(sentence`${dataBytes - reached} bytes at its end belong to no tensor`)
}

/** The number of elements of a shape; 1 for a scalar. */
function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

function isDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(bytesPerElement, value)
}

function isLengths(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function truncated(found: number, expected: number): Failure {
  return new Failure(
    'safetensors-truncated',
    sentence`The safetensors file ends too early (${found} of ${expected} bytes). Copy or download it again.`,
  )
}

function broken(what: Sentence, cause?: unknown): Failure {
  return new Failure(
    'safetensors-broken',
    sentence`The safetensors file is damaged: ${what}. Copy or download it again.`,
    {
      cause,
    },
  )
}
