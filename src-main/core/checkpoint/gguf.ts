/**
 * GGUF, the model file format of llama.cpp, versions 2 and 3: a header of metadata and tensor descriptions,
 * then the tensors' bytes at aligned offsets. Only the header is read; tensors are read on demand.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { ByteSource } from './byte-source.ts'
import { brokenGguf, GgufCursor } from './gguf-cursor.ts'
import type { GgufValue } from './gguf-cursor.ts'
import { tensorTypeOf } from './tensor-types.ts'
import type { TensorType } from './tensor-types.ts'

/** Real files have some tens of entries. */
const maxMetadataEntries = 65_536
/** The largest mixtures of experts have some thousands of tensors. */
const maxTensors = 65_536
/** ggml's own limit (GGML_MAX_DIMS). */
const maxDimensions = 4
/** No tensor of a model that fits a personal computer comes near; a larger claim is damage. */
const maxTensorBytes = 2 ** 40
const defaultAlignment = 32
/** The specification asks for a multiple of 8; anything beyond a memory page is damage. */
const maxAlignment = 65_536

export interface GgufTensor {
  readonly name: string
  readonly type: TensorType
  /** Row-major: the last length is the one whose elements lie side by side (ggml counts the other way). */
  readonly shape: readonly number[]
  readonly byteLength: number
  /** All of its bytes, or `length` of them from the byte `from` on; `into` as for a `ByteSource`. */
  read(from?: number, length?: number, into?: Uint8Array): Uint8Array
}

export interface GgufFile {
  readonly version: number
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
}

interface TensorInfo {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly number[]
  readonly byteLength: number
  /** In bytes from the start of the data part. */
  readonly offset: number
}

/**
 * Reads the header of a GGUF file.
 *
 * Fails with `gguf-magic` (another kind of file), `gguf-version`, `gguf-truncated` (the file ends too early),
 * `gguf-broken` (it contradicts itself) or `gguf-tensor-type` (a format that is unknown).
 */
export function readGguf(source: ByteSource): GgufFile {
  checkMagic(source)
  const cursor = new GgufCursor(source)
  cursor.u32()
  const version = cursor.u32()
  checkVersion(version)
  const tensorCount = cursor.count(sentence`a number of tensors`, maxTensors)
  const entryCount = cursor.count(sentence`a number of metadata entries`, maxMetadataEntries)

  const metadata = new Map<string, GgufValue>()
  for (let index = 0; index < entryCount; index++) {
    const key = cursor.string()
    metadata.set(key, cursor.value(key))
  }
  const alignment = alignmentOf(metadata)
  const infos: TensorInfo[] = []
  for (let index = 0; index < tensorCount; index++) infos.push(readTensorInfo(cursor, alignment))

  const dataStart = Math.ceil(cursor.position / alignment) * alignment
  checkSpans(infos, dataStart, source.size)
  const tensors = new Map<string, GgufTensor>()
  for (const { name, type, shape, byteLength, offset } of infos) {
    if (tensors.has(name)) throw brokenGguf(sentence`it has two tensors named ${name}`)
    tensors.set(name, {
      name,
      type,
      shape,
      byteLength,
      read: (from = 0, length = byteLength - from, into) =>
        source.read(dataStart + offset + from, length, into),
    })
  }
  return { version, metadata, tensors }
}

function checkMagic(source: ByteSource): void {
  const magic = new TextDecoder().decode(source.read(0, Math.min(4, source.size)))
  if (magic === 'GGUF') return
  if (source.size < 4) {
    throw new Failure(
      'gguf-truncated',
      sentence`The model file is empty or nearly so (${source.size} bytes). Download it again, or pick another file.`,
    )
  }
  throw new Failure('gguf-magic', 'This file is not a GGUF model. Pick a file whose name ends in .gguf.')
}

function checkVersion(version: number): void {
  if (version === 2 || version === 3) return
  // A big-endian file is told by its version: 3 read with its bytes the other way round.
  const bigEndian = (version & 0xffff) === 0
  throw new Failure(
    'gguf-version',
    bigEndian
      ? 'This model file was made for big-endian machines. Get the ordinary (little-endian) file of this model.'
      : sentence`This model file has GGUF version ${version}; Veranda reads versions 2 and 3. Get a newer file of this model.`,
  )
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get('general.alignment') ?? defaultAlignment
  if (typeof alignment !== 'number' || !(alignment > 0 && alignment <= maxAlignment) || alignment % 8 !== 0) {
    throw brokenGguf(sentence`its alignment is ${String(alignment)}`)
  }
  return alignment
}

function readTensorInfo(cursor: GgufCursor, alignment: number): TensorInfo {
  const name = cursor.string()
  const dimensions = cursor.u32()
  if (dimensions > maxDimensions) throw brokenGguf(sentence`tensor ${name} has ${dimensions} dimensions`)
  const shape: number[] = []
  for (let index = 0; index < dimensions; index++) {
    shape.unshift(cursor.count(sentence`a length in the shape of ${name}`, maxTensorBytes))
  }
  const typeId = cursor.u32()
  const type = tensorTypeOf(typeId)
  if (!type) {
    throw new Failure(
      'gguf-tensor-type',
      sentence`Tensor ${name} is stored in format number ${typeId}, which Veranda does not know. Pick another file of this model, for example Q4_1 or Q8_0.`,
    )
  }
  const rowLength = shape.at(-1) ?? 1
  if (rowLength % type.blockSize !== 0) {
    throw brokenGguf(
      sentence`a row of tensor ${name} has ${rowLength} weights, which ${type.name} cannot store`,
    )
  }
  const elements = shape.reduce((product, length) => product * length, 1)
  const byteLength = (elements / type.blockSize) * type.bytesPerBlock
  if (byteLength > maxTensorBytes) throw brokenGguf(sentence`tensor ${name} claims ${byteLength} bytes`)
  const offset = cursor.count(sentence`the offset of tensor ${name}`, Number.MAX_SAFE_INTEGER)
  if (offset % alignment !== 0) throw brokenGguf(sentence`tensor ${name} starts at an unaligned place`)
  return { name, type, shape, byteLength, offset }
}

/** Tensors must not overlap, and the file must hold them all. */
function checkSpans(infos: readonly TensorInfo[], dataStart: number, size: number): void {
  let reached = 0
  for (const { name, offset, byteLength } of infos.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < reached) throw brokenGguf(sentence`tensor ${name} overlaps another tensor`)
    reached = offset + byteLength
  }
  const expected = dataStart + reached
  if (reached > 0 && expected > size) {
    throw new Failure(
      'gguf-truncated',
      sentence`The model file ends too early (${{ bytes: size }} of ${{ bytes: expected }}). Download it again, or pick another file.`,
    )
  }
}
