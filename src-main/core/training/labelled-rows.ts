import { type Batch, labelledPlaces } from './batch.ts'

/** Of a batch's rows of `width` numbers those at its labelled places, `M` of `N`. */
export class LabelledRows {
  readonly places: Int32Array
  readonly labels: Int32Array
  readonly #count: number
  readonly #width: number

  constructor(batch: Batch, width: number) {
    this.places = labelledPlaces(batch)
    this.labels = this.places.map((place) => batch.labels[place] ?? 0)
    this.#count = batch.ids.length
    this.#width = width
  }

  /** x `[N, width]` → `[M, width]` */
  take(x: Float32Array): Float32Array {
    const rows = new Float32Array(this.places.length * this.#width)
    this.places.forEach((place, row) => {
      rows.set(x.subarray(place * this.#width, (place + 1) * this.#width), row * this.#width)
    })
    return rows
  }

  /** rows `[M, width]`, each times its weight. */
  weighted(rows: Float32Array, weights: Float64Array): Float32Array {
    return rows.map((value, i) => value * (weights[Math.floor(i / this.#width)] ?? 0))
  }

  /** rows `[M, width]` → `[N, width]`, zeros in between. */
  putBack(rows: Float32Array): Float32Array {
    const x = new Float32Array(this.#count * this.#width)
    this.places.forEach((place, row) => {
      x.set(rows.subarray(row * this.#width, (row + 1) * this.#width), place * this.#width)
    })
    return x
  }
}
