/** A model whose weights have taken in adapters, tensor by tensor in the formats of a file. */
import type { WrittenFormat } from '../../core/checkpoint/encode-weights.ts'
import { weightFormats } from '../../core/checkpoint/weight-formats.ts'
import { float32Data, type Session } from '../../core/graph/runtime.ts'
import { outputName } from '../../core/llama/tensor-names.ts'
import type { PublishedTensor, TensorPart } from '../../core/llama/published-tensors.ts'
import { halvesToPairs } from '../../core/llama/rotary-rows.ts'
import { type Branch, branchOf, mergeGraph, trainedPart } from '../../core/vera/branch.ts'
import { projectionsOfAdapter } from '../../core/vera/adapter-file.ts'
import type { Projections } from '../../core/vera/projections.ts'
import type { VeraSite } from '../../core/vera/layout.ts'
import type { EngineResources } from '../resources.ts'
import type { MergeSource } from './exporter.ts'

/** Of float32 at once, about: rows of a matrix are merged and written so many at a time. */
const pieceBytes = 16 * 2 ** 20

interface AdaptedSite {
  readonly site: VeraSite
  readonly vectors: Float32Array
  readonly projections: Projections | null
}

/** `W + Σ B A` for every adapted matrix, at no more memory than the branches of one and some rows. */
export class MergedModel {
  readonly #source: MergeSource
  readonly #codecs: EngineResources['codecs']
  readonly #session: Session
  readonly #sites: ReadonlyMap<string, readonly AdaptedSite[]>

  private constructor(source: MergeSource, codecs: EngineResources['codecs'], session: Session) {
    this.#source = source
    this.#codecs = codecs
    this.#session = session
    const adapted = source.adapters.flatMap((adapter) => {
      const projections = projectionsOfAdapter(adapter)
      return adapter.layout.sites.map((site) => ({ site, vectors: adapter.vectors, projections }))
    })
    this.#sites = Map.groupBy(adapted, ({ site }) => site.module)
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
    const branches = this.#branches(part)
    const together = part.pairedRows ?? 1
    const most = Math.max(1, Math.floor(pieceBytes / 4 / width / together)) * together
    for (let first = 0; first < count; first += most) {
      const rows = Math.min(most, count - first)
      const base = new Float32Array(rows * width)
      weights.read(part.name, base, first)
      if (part.offset !== 0) for (let i = 0; i < base.length; i++) base[i] = (base[i] ?? 0) + part.offset
      let merged = this.#withBias(part, base)
      for (const branch of branches) merged = await this.#merge(merged, branch, first, width)
      yield part.pairedRows === null ? merged : inPairs(merged, part.pairedRows, rows)
    }
  }

  #branches({ name }: TensorPart): readonly Branch[] {
    return this.#sitesOf(name, '.weight').flatMap(
      ({ site, vectors, projections }) => branchOf(site, vectors, projections) ?? [],
    )
  }

  /** Of the module whose tensor it is, if its name ends so. */
  #sitesOf(name: string, end: '.weight' | '.bias'): readonly AdaptedSite[] {
    return (name.endsWith(end) ? this.#sites.get(name.slice(0, -end.length)) : undefined) ?? []
  }

  async #merge(W: Float32Array, { rank, A, B }: Branch, first: number, width: number): Promise<Float32Array> {
    const rows = W.length / width
    const results = await this.#session.run({
      W: { data: W, shape: [rows, width] },
      B: { data: B.subarray(first * rank, (first + rows) * rank), shape: [rows, rank] },
      A: { data: A, shape: [rank, width] },
    })
    return float32Data(results['merged'], 'merged')
  }

  /** A bias is short enough to come as one piece. */
  #withBias({ name }: TensorPart, base: Float32Array): Float32Array {
    const trained = this.#sitesOf(name, '.bias').map(({ site, vectors }) =>
      trainedPart(site, vectors, 'bias'),
    )
    if (trained.length === 0) return base
    return base.map((value, index) => trained.reduce((sum, bias) => sum + (bias[index] ?? 0), value))
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
