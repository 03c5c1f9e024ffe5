import { closeSync, openSync, readSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { weightFormats } from '../core/checkpoint/weight-formats.ts'
import type { MappedFile, Runtime } from '../core/graph/runtime.ts'
import type { Extent, StoredModel, StoredWeight } from '../core/llama/stored-model.ts'
import type { BlockTensors, WeightSource } from '../core/llama/weight-source.ts'
import type { Codecs } from './native-codecs.ts'

/** So many bytes of mapped weights may be in memory: all of a small model, some layers of a large one. */
const mappedBytes = 256 * 2 ** 20

/** The weights file of a model folder, read row by row as asked; nothing of it stays in this process's memory. */
export class FileWeights implements WeightSource {
  readonly model: StoredModel
  readonly #path: string
  readonly #codecs: Codecs
  readonly #file: number
  readonly #map: MappedFile | null
  #scratch = new ArrayBuffer(0)
  /** Of mapped weights, since they were last forgotten. */
  #handedOut = 0

  constructor(model: StoredModel, path: string, codecs: Codecs, mapFile: Runtime['mapFile']) {
    this.#map = mapFile?.(path) ?? null
    this.model = model
    this.#path = path
    this.#codecs = codecs
    this.#file = openSync(path, 'r')
  }

  close(): void {
    closeSync(this.#file)
  }

  read(name: string, out: Float32Array, firstRow = 0): void {
    const weight = this.model.weights[name]
    if (weight === undefined) throw new Failure('tensor-missing', sentence`The model has no tensor ${name}.`)
    if (weight.kind === 'dense') this.#readDense(weight, out, firstRow)
    else this.#readBlocks(weight, out, firstRow)
  }

  blocks(name: string, firstRow: number, rows: number): BlockTensors | null {
    const weight = this.model.weights[name]
    if (this.#map === null || weight?.kind !== 'blocks') return null
    const [map, blocks] = [this.#map, weight.columns / 32]
    this.#handedOut += rows * blocks * (4 * weight.bits + (weight.offsets === null ? 4 : 8))
    if (this.#handedOut > mappedBytes) {
      map.forget()
      this.#handedOut = 0
    }
    const floats = ({ offset }: Extent) =>
      map.tensor('float32', [rows, blocks], offset + firstRow * blocks * 4)
    const blockBytes = 4 * weight.bits
    const start = weight.quants.offset + firstRow * blocks * blockBytes
    return {
      bits: weight.bits,
      quants: map.tensor('uint8', [rows, blocks, blockBytes], start),
      scales: floats(weight.scales),
      offsets: weight.offsets === null ? null : floats(weight.offsets),
    }
  }

  #readDense(weight: StoredWeight & { kind: 'dense' }, out: Float32Array, firstRow: number): void {
    const { bytesPerBlock: bytesPerElement, dequantize } = weightFormats[denseFormats[weight.dtype]]
    const rowLength = weight.shape.slice(1).reduce((a, b) => a * b, 1)
    const offset = weight.offset + firstRow * rowLength * bytesPerElement
    if (weight.dtype === 'float32') {
      this.#fill(new Uint8Array(out.buffer, out.byteOffset, out.byteLength), offset)
    } else dequantize(this.#bytes(offset, out.length * bytesPerElement), out)
  }

  #readBlocks(weight: StoredWeight & { kind: 'blocks' }, out: Float32Array, firstRow: number): void {
    const { bits, columns } = weight
    const blocks = out.length / 32
    const firstBlock = (firstRow * columns) / 32
    const blockBytes = 4 * bits
    // One buffer: quants first (whole words), then scales, then offsets, so that float views stay aligned.
    const bytes = this.#scratchBytes(blocks * (blockBytes + 8))
    const quants = bytes.subarray(0, blocks * blockBytes)
    this.#fill(quants, weight.quants.offset + firstBlock * blockBytes)
    const floats = (extent: Extent, place: number): Float32Array => {
      const start = blocks * (blockBytes + place * 4)
      this.#fill(bytes.subarray(start, start + blocks * 4), extent.offset + firstBlock * 4)
      return new Float32Array(bytes.buffer, start, blocks)
    }
    const scales = floats(weight.scales, 0)
    const offsets = weight.offsets === null ? null : floats(weight.offsets, 1)
    this.#codecs.unpackBlocks(quants, scales, offsets, bits, out)
  }

  #bytes(offset: number, length: number): Uint8Array {
    const bytes = this.#scratchBytes(length)
    this.#fill(bytes, offset)
    return bytes
  }

  #scratchBytes(length: number): Uint8Array<ArrayBuffer> {
    if (this.#scratch.byteLength < length) this.#scratch = new ArrayBuffer(length)
    return new Uint8Array(this.#scratch, 0, length)
  }

  #fill(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length;) {
      const count = readSync(this.#file, bytes, done, bytes.length - done, offset + done)
      if (count === 0) {
        throw new Failure(
          'weights-truncated',
          sentence`The weights file ${this.#path} ends too early. Import the model again.`,
        )
      }
      done += count
    }
  }
}

const denseFormats = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const
