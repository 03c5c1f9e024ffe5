import { type Feeds, float32Data, type Session } from '../../../src-main/core/graph/runtime.ts'

/** A power of two: added to inputs that are multiples of 2^-10 it loses nothing. */
const step = 2 ** -5

export interface DifferencesAsked {
  readonly feeds: Feeds
  /** The input that is moved. */
  readonly input: string
  readonly output: string
  /** What each element of the output counts for. */
  readonly seed: Float32Array
}

/**
 * The gradient of Σ seed ⊙ output with respect to one input, by fourth-order central differences:
 * `(8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h`.
 *
 * The outputs are float32, summed here in double precision: with h = 1/32 their rounding makes an error of some
 * 1e-6 a unit of output, the formula one of h⁴/30 (3e-8) times the fifth derivative.
 */
export async function finiteDifferences(session: Session, asked: DifferencesAsked): Promise<Float32Array> {
  const { feeds, input, output, seed } = asked
  const values = float32Data(feeds[input], input)
  const shape = feeds[input]?.shape ?? []
  const moved = async (index: number, by: number): Promise<number> => {
    const data = values.map((value, place) => (place === index ? value + by : value))
    const results = await session.run({ ...feeds, [input]: { data, shape } })
    return weightedSum(float32Data(results[output], output), seed)
  }
  const differences = new Float32Array(values.length)
  for (let index = 0; index < values.length; index++) {
    const near = (await moved(index, step)) - (await moved(index, -step))
    const far = (await moved(index, 2 * step)) - (await moved(index, -2 * step))
    differences[index] = (8 * near - far) / (12 * step)
  }
  return differences
}

function weightedSum(values: Float32Array, weights: Float32Array): number {
  if (values.length !== weights.length) throw new Error(`${values.length} values, ${weights.length} weights.`)
  return values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0)
}
