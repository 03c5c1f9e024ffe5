/**
 * Steps of several texts taken together (continuous batching): whoever wants a token's logits waits a moment for the
 * others, then one run serves them all. Texts come and go between two steps.
 */
import type { StopSignal } from '../graph/runtime.ts'
import { type Decoder, readInPieces } from '../llama/decoder.ts'
import type { KvCache } from '../llama/kv-cache.ts'
import type { LiveAdapter } from '../vera/live-adapter.ts'
import type { BatchRow, RowBatch } from './row-batch.ts'
import type { TokenReader } from './token-reader.ts'
import { Turns } from './turns.ts'

/** Turns of the event loop that a step waits for texts that are not ready. */
const waitedTurns = 3

/** Batches kept ready though no text is in them. */
const keptBatches = 2

/** What a text needs to take its steps with others. */
export interface Sharing {
  readonly cache: KvCache
  /** Those of one group have one layout and projections; '' is a text without an adapter, which goes with any. */
  readonly group: string
  readonly adapter: LiveAdapter | null
}

export interface SharedStepsOptions {
  openBatch(adapter: LiveAdapter | null): Promise<RowBatch<SharedRow>>
  /** Ends when everything else that is ready had its turn. */
  turn(): Promise<void>
  /** Places of all rows together, each as long as the longest. */
  readonly maxPlaces: number
}

interface Waiting {
  readonly row: SharedRow
  readonly token: number
  readonly resolve: (logits: Float32Array) => void
  readonly reject: (error: unknown) => void
}

export class SharedSteps {
  readonly #options: SharedStepsOptions
  readonly #turns = new Turns()
  readonly #batches = new Map<string, RowBatch<SharedRow>>()
  /** Texts whose answers have begun. */
  readonly #answering = new Set<SharedRow>()
  readonly #waiting: Waiting[] = []
  #isGathering = false
  /** Steps that were taken for more than one text, and the texts in them. */
  readonly taken = { steps: 0, rows: 0 }

  constructor(options: SharedStepsOptions) {
    this.#options = options
  }

  /** Whether no other text is being answered. */
  isAlone(row: SharedRow): boolean {
    return this.#answering.size === (this.#answering.has(row) ? 1 : 0)
  }

  /** Reads tokens of one text by itself. */
  alone(row: SharedRow, read: () => Promise<Float32Array>): Promise<Float32Array> {
    return this.#turns.run(() => {
      this.#takeOut(row)
      return read()
    })
  }

  step(row: SharedRow, token: number): Promise<Float32Array> {
    this.#answering.add(row)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, token, resolve, reject })
      if (!this.#isGathering) void this.#gather()
    })
  }

  async leave(row: SharedRow): Promise<void> {
    this.#answering.delete(row)
    await this.#turns.run(async () => this.#takeOut(row))
  }

  async close(): Promise<void> {
    await this.#turns.run(async () => {
      for (const batch of this.#batches.values()) await batch.close()
      this.#batches.clear()
    })
  }

  async #gather(): Promise<void> {
    this.#isGathering = true
    for (let turn = 0; turn < waitedTurns && this.#waiting.length < this.#answering.size; turn++) {
      await this.#options.turn()
    }
    await this.#turns.run(async () => {
      this.#isGathering = false
      for (const [group, waiting] of this.#grouped(this.#waiting.splice(0))) await this.#serve(group, waiting)
    })
  }

  #grouped(waiting: readonly Waiting[]): ReadonlyMap<string, readonly Waiting[]> {
    const groups = Map.groupBy(waiting, ({ row }) => row.sharing.group)
    const plain = groups.get('')
    const [first] = [...groups.keys()].filter((group) => group !== '')
    if (plain === undefined || first === undefined) return groups
    groups.delete('')
    groups.set(first, [...(groups.get(first) ?? []), ...plain])
    return groups
  }

  async #serve(group: string, waiting: readonly Waiting[]): Promise<void> {
    const { together, apart } = this.#split(waiting)
    for (const one of apart) {
      this.#takeOut(one.row)
      await settle([one], async () => [await one.row.decoder.next([one.token])])
    }
    if (together.length > 0) await settle(together, () => this.#stepTogether(group, together))
  }

  /** One alone is faster by itself; and so many as there is memory for go together, the shortest first. */
  #split(waiting: readonly Waiting[]): { together: readonly Waiting[]; apart: readonly Waiting[] } {
    const sorted = waiting.toSorted((a, b) => a.row.length - b.row.length)
    let count = sorted.length
    while (count > 1 && count * (sorted[count - 1]?.row.length ?? 0) > this.#options.maxPlaces) count--
    if (count < 2) return { together: [], apart: sorted }
    return { together: sorted.slice(0, count), apart: sorted.slice(count) }
  }

  async #stepTogether(group: string, waiting: readonly Waiting[]): Promise<readonly Float32Array[]> {
    const adapter = waiting.find(({ row }) => row.sharing.group === group)?.row.sharing.adapter ?? null
    const batch = this.#batches.get(group) ?? (await this.#openBatch(group, adapter))
    const wanted = new Map(waiting.map(({ row, token }) => [row, token]))
    for (const row of batch.rows.filter((known) => !wanted.has(known))) this.#takeOut(row)
    for (const row of wanted.keys()) {
      if (row.batch === batch) continue
      this.#takeOut(row)
      await batch.add(row)
      row.batch = batch
    }
    const logits = await batch.step(batch.rows.map((row) => wanted.get(row) ?? 0))
    this.taken.steps++
    this.taken.rows += waiting.length
    return waiting.map(({ row }) => logits[batch.rows.indexOf(row)] ?? new Float32Array(0))
  }

  async #openBatch(group: string, adapter: LiveAdapter | null): Promise<RowBatch<SharedRow>> {
    const unused = [...this.#batches].filter(([, batch]) => batch.rows.length === 0)
    for (const [other, batch] of unused.slice(keptBatches - 1)) {
      this.#batches.delete(other)
      await batch.close()
    }
    const opened = await this.#options.openBatch(adapter)
    this.#batches.set(group, opened)
    return opened
  }

  #takeOut(row: SharedRow): void {
    row.batch?.remove(row)
    row.batch = null
  }
}

async function settle(
  waiting: readonly Waiting[],
  work: () => Promise<readonly Float32Array[]>,
): Promise<void> {
  try {
    const logits = await work()
    waiting.forEach(({ resolve }, at) => resolve(logits[at] ?? new Float32Array(0)))
  } catch (error) {
    for (const { reject } of waiting) reject(error)
  }
}

/** One text, which reads by itself and takes its single steps with others. */
export class SharedRow implements TokenReader, BatchRow {
  readonly sharing: Sharing
  readonly #steps: SharedSteps
  readonly decoder: Decoder
  /** Where it takes its steps at the moment; `SharedSteps` says so. */
  batch: RowBatch<SharedRow> | null = null

  constructor(steps: SharedSteps, decoder: Decoder, sharing: Sharing) {
    this.#steps = steps
    this.decoder = decoder
    this.sharing = sharing
  }

  get cache(): KvCache {
    return this.sharing.cache
  }

  get adapter(): LiveAdapter | null {
    return this.sharing.adapter
  }

  get length(): number {
    return this.batch?.lengthOf(this) ?? this.cache.length
  }

  get isAlone(): boolean {
    return this.#steps.isAlone(this)
  }

  rewindTo(tokens: readonly number[]): number {
    return this.decoder.rewindTo(tokens)
  }

  truncate(length: number): void {
    if (length < this.length) this.decoder.truncate(length)
  }

  read(tokens: readonly number[], signal?: StopSignal): AsyncGenerator<void, Float32Array> {
    return readInPieces(tokens, (piece) =>
      this.#steps.alone(this, () => this.decoder.logits(piece, [piece.length - 1], signal)),
    )
  }

  next(tokens: readonly number[]): Promise<Float32Array> {
    const [token] = tokens
    return token !== undefined && tokens.length === 1
      ? this.#steps.step(this, token)
      : this.#steps.alone(this, () => this.decoder.next(tokens))
  }

  async leave(): Promise<void> {
    await this.#steps.leave(this)
  }
}
