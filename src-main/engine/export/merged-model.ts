/** A model whose weights have taken in an adapter, tensor by tensor in the formats of a file. */
import type { WrittenFormat } from '../../core/checkpoint/encode-weights.ts'
import { weightFormats } from '../../core/checkpoint/weight-formats.ts'
import { float32Data, type Session } from '../../core/graph/runtime.ts'
import { outputName } from '../../core/llama/tensor-names.ts'
import type { PublishedTensor, TensorPart } from '../../core/llama/published-tensors.ts'
import { halvesToPairs } from '../../core/llama/rotary-rows.ts'
import { type Branch, branchOf, mergeGraph, trainedPart } from '../../core/vera/branch.ts'
import { projectionsOfAdapter } from '../../core/vera/adapter-file.ts'
import type { VeraSite } from '../../core/vera/layout.ts'
import type { EngineResources } from '../resources.ts'
import type { MergeSource } from './exporter.ts'

/** Of float32 at once, about: rows of a matrix are merged and written so many at a time. */
const pieceBytes = 16 * 2 ** 20

/** `W + B A` for every adapted matrix, at no more memory than the branches of one and some rows. */
export class MergedModel {
  readonly #source: MergeSource
  readonly #codecs: EngineResources['codecs']
  readonly #session: Session
  readonly #sites: ReadonlyMap<string, VeraSite>
  readonly #projections: ReturnType<typeof projectionsOfAdapter>

  private constructor(source: MergeSource, codecs: EngineResources['codecs'], session: Session) {
    const { adapter } = source
    this.#source = source
    this.#codecs = codecs
    this.#session = session
    this.#sites = new Map(adapter?.layout.sites.map((site) => [site.module, site]))
    this.#projections = adapter && projectionsOfAdapter(adapter)
  }

  static async open(source: MergeSource, { codecs, background }: EngineResources): Promise<MergedModel> {
    return new MergedModel(source, codecs, await background.open(mergeGraph()))
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  /** The bytes of a tensor in a format, rows after rows. */
  async *pieces(tensor: PublishedTensor, format: WrittenFormat): AsyncGenerator<Uint8Array> {
    const { blockSize, bytesPerBlock } = weightFormats[format]
    for (const part of tensor.parts) {
      for await (const rows of this.#rows(part)) {
        const bytes = new Uint8Array((rows.length / blockSize) * bytesPerBlock)
        this.#codecs.encode(format, rows, bytes)
        yield bytes
      }
    }
  }

  async *#rows(part: TensorPart): AsyncGenerator<Float32Array> {
    const { weights } = this.#source.model
    const [count = 0, width = 1] = part.shape
    const branch = this.#branch(part)
    const together = part.pairedRows ?? 1
    const most = Math.max(1, Math.floor(pieceBytes / 4 / width / together)) * together
    for (let first = 0; first < count; first += most) {
      const rows = Math.min(most, count - first)
      const base = new Float32Array(rows * width)
      weights.read(part.name, base, first)
      if (part.offset !== 0) for (let i = 0; i < base.length; i++) base[i] = (base[i] ?? 0) + part.offset
      const merged =
        branch === null ? this.#withBias(part, base) : await this.#merge(base, branch, first, width)
      yield part.pairedRows === null ? merged : inPairs(merged, part.pairedRows, rows)
    }
  }

  #branch({ name }: TensorPart): Branch | null {
    const site = name.endsWith('.weight') ? this.#sites.get(name.slice(0, -'.weight'.length)) : undefined
    const { adapter } = this.#source
    return site && adapter ? branchOf(site, adapter.vectors, this.#projections) : null
  }

  async #merge(W: Float32Array, { A, B }: Branch, first: number, width: number): Promise<Float32Array> {
    const rows = W.length / width
    const rank = A.length / width
    const results = await this.#session.run({
      W: { data: W, shape: [rows, width] },
      B: { data: B.subarray(first * rank, (first + rows) * rank), shape: [rows, rank] },
      A: { data: A, shape: [rank, width] },
    })
    return float32Data(results['merged'], 'merged')
  }

  /** A bias is short enough to come as one piece. */
  #withBias({ name }: TensorPart, base: Float32Array): Float32Array {
    const site = name.endsWith('.bias') ? this.#sites.get(name.slice(0, -'.bias'.length)) : undefined
    const { adapter } = this.#source
    if (site === undefined || adapter === null) return base
    const trained = trainedPart(site, adapter.vectors, 'bias')
    return base.map((value, index) => value + (trained[index] ?? 0))
  }
}

/** What a tensor is written as where matrices are to be `format`: see `blockPlan` for what is kept finer. */
export function writtenFormat({ parts, shape }: PublishedTensor, format: WrittenFormat): WrittenFormat {
  const [, columns] = shape
  const { blockSize } = weightFormats[format]
  if (blockSize === 1 || columns === undefined) return format
  if (columns % blockSize !== 0) return 'F16'
  return parts.some(({ name }) => name === 'model.embed_tokens.weight' || name === outputName)
    ? 'Q8_0'
    : format
}

function inPairs(rows: Float32Array, headDim: number, count: number): Float32Array {
  const bytes = halvesToPairs(
    new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength),
    count / headDim,
    headDim,
  )
  return new Float32Array(bytes.buffer, bytes.byteOffset, rows.length)
}
