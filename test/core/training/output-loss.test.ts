import { describe, expect, test } from 'vitest'
import type { WeightSource } from '../../../src-main/core/llama/weight-source.ts'
import { WeightFeeder } from '../../../src-main/core/llama/weight-feeds.ts'
import { OutputLayer } from '../../../src-main/core/training/output-loss.ts'
import { randn, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { expectClose } from '../graph/close.ts'
import { runtime } from '../graph/run-graph.ts'
import { llamaConfig } from '../vera/llama-config.ts'

const H = 6
/** A row a label: among them the first and last of a slice of 7 rows and the last of 23. */
const labels = Int32Array.of(0, 6, 7, 13, 20, 22)

interface Sample {
  readonly x: Float32Array
  /** `[V, H]` */
  readonly matrix: Float32Array
}

/** Random rows and weights, scaled so that the largest logit is `largest`. */
function sample(vocabularySize: number, largest: number): Sample {
  const generator = new TorchGenerator(11)
  const x = randn(generator, labels.length * H)
  const matrix = randn(generator, vocabularySize * H)
  const factor = largest / Math.max(...logitsOf({ x, matrix }).flat().map(Math.abs))
  return { x, matrix: matrix.map((value) => value * factor) }
}

function logitsOf({ x, matrix }: Sample): number[][] {
  return Array.from({ length: x.length / H }, (_, m) =>
    Array.from({ length: matrix.length / H }, (_, v) => {
      let logit = 0
      for (let i = 0; i < H; i++) logit += (x[m * H + i] ?? 0) * (matrix[v * H + i] ?? 0)
      return logit
    }),
  )
}

/** The cross entropy as its definition says, in double precision: −ln softmax(l)[label], and its gradient at x. */
function reference(given: Sample): { lossSum: number; gradient: Float64Array } {
  const gradient = new Float64Array(given.x.length)
  let lossSum = 0
  for (const [m, logits] of logitsOf(given).entries()) {
    const max = Math.max(...logits)
    const powers = logits.map((logit) => Math.exp(logit - max))
    const total = powers.reduce((sum, power) => sum + power, 0)
    const label = labels[m] ?? 0
    lossSum += max + Math.log(total) - (logits[label] ?? 0)
    for (const [v, power] of powers.entries()) {
      const dLogit = power / total - (v === label ? 1 : 0)
      for (let i = 0; i < H; i++) {
        gradient[m * H + i] = (gradient[m * H + i] ?? 0) + dLogit * (given.matrix[v * H + i] ?? 0)
      }
    }
  }
  return { lossSum, gradient }
}

/** The matrix as a model's output weights; remembers which rows were read. */
function weightsOf({ matrix }: Sample, tiedEmbeddings = true) {
  const reads: string[] = []
  const config = llamaConfig({ hiddenSize: H, vocabularySize: matrix.length / H, tiedEmbeddings })
  const weights: WeightSource = {
    model: { config, weights: {} },
    read(name, out, firstRow = 0) {
      if (firstRow * H + out.length > matrix.length) throw new RangeError('Read beyond the last row.')
      reads.push(`${name} ${firstRow}+${out.length / H}`)
      out.set(matrix.subarray(firstRow * H, firstRow * H + out.length))
    },
    blocks: () => null,
  }
  return { weights, reads }
}

async function withLayer<T>(
  weights: WeightSource,
  sliceRows: number | undefined,
  use: (layer: OutputLayer) => Promise<T>,
): Promise<T> {
  const layer = new OutputLayer(runtime, weights, new WeightFeeder(runtime, weights), sliceRows)
  try {
    return await use(layer)
  } finally {
    await layer.close()
  }
}

describe.each([
  { name: 'a vocabulary that is no multiple of the slice', V: 23, sliceRows: 7 },
  { name: 'a last slice of one row', V: 29, sliceRows: 7 },
  { name: 'a vocabulary of whole slices', V: 28, sliceRows: 7 },
  { name: 'slices of one row', V: 23, sliceRows: 1 },
  { name: 'a slice larger than the vocabulary', V: 23, sliceRows: undefined },
])('$name', ({ V, sliceRows }) => {
  test.each([
    { largest: 2, what: 'small' },
    { largest: 50, what: 'large' },
  ])('$what logits (±$largest) agree with the definition', async ({ largest }) => {
    const given = sample(V, largest)
    const expected = reference(given)
    // float32 logits of this size are exact to about 1e-7 of it.
    const tolerance = { absolute: 5e-7 * largest, relative: 2e-6 }
    const { weights } = weightsOf(given)
    await withLayer(weights, sliceRows, async (layer) => {
      const { losses, lossSum, gradient } = await layer.loss(given.x, labels, true)
      expect(losses.reduce((sum, loss) => sum + loss, 0)).toBeCloseTo(lossSum, 10)
      expectClose([lossSum], [expected.lossSum], tolerance, 'loss')
      expectClose(gradient ?? [], expected.gradient, tolerance, 'gradient')
      expect(await layer.loss(given.x, labels, false)).toMatchObject({ lossSum, gradient: null })
    })
  })
})

test('logits beyond what exp can take stay numbers', async () => {
  const given = sample(23, 3000)
  const expected = reference(given)
  await withLayer(weightsOf(given).weights, 7, async (layer) => {
    const { lossSum, gradient } = await layer.loss(given.x, labels, true)
    expectClose([lossSum], [expected.lossSum], { absolute: 2e-3, relative: 1e-6 }, 'loss')
    expectClose(gradient ?? [], expected.gradient, { absolute: 1e-3, relative: 1e-5 }, 'gradient')
  })
})

test('a soft target counts the divergence from the distribution it was made of', async () => {
  const given = sample(23, 4)
  const other = { ...given, x: given.x.map((value, i) => value + Math.sin(i)) }
  const log = (logits: number[]): number[] => {
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
    return logits.map((logit) => logit - Math.log(total))
  }
  const [base, now] = [logitsOf(given).map(log), logitsOf(other).map(log)]
  let divergence = 0
  const expected = new Float64Array(other.x.length)
  for (const [m, logs] of base.entries()) {
    for (const [v, logP] of logs.entries()) {
      const logQ = now[m]?.[v] ?? 0
      // The last row keeps its label.
      const p = m < labels.length - 1 ? Math.exp(logP) : Number(v === labels[m])
      divergence += m < labels.length - 1 ? p * (logP - logQ) : -p * logQ
      for (let i = 0; i < H; i++) {
        expected[m * H + i] =
          (expected[m * H + i] ?? 0) + (Math.exp(logQ) - p) * (given.matrix[v * H + i] ?? 0)
      }
    }
  }
  await withLayer(weightsOf(given).weights, 7, async (layer) => {
    const targets = (await layer.softTargets(given.x)) ?? []
    const soft = new Map(targets.slice(0, -1).entries())
    const { lossSum, gradient } = await layer.loss(other.x, labels, true, soft)
    expectClose([lossSum], [divergence], { absolute: 1e-5, relative: 1e-5 }, 'divergence')
    expectClose(gradient ?? [], expected, { absolute: 5e-6, relative: 1e-5 }, 'gradient')
    const all = new Map(targets.entries())
    const same = await layer.loss(given.x, labels, true, all)
    expectClose([same.lossSum], [0], { absolute: 1e-5, relative: 0 }, 'divergence from itself')
    expectClose(
      same.gradient ?? [],
      new Float64Array(expected.length),
      { absolute: 1e-5, relative: 0 },
      'its gradient',
    )
  })
})

test('a sure and right prediction costs nothing and asks for no change', async () => {
  const x = new Float32Array(H)
  x[0] = 1
  const matrix = new Float32Array(23 * H)
  matrix[9 * H] = 100
  await withLayer(weightsOf({ x, matrix }).weights, 7, async (layer) => {
    expect(await layer.loss(x, Int32Array.of(9), true)).toMatchObject({
      lossSum: 0,
      gradient: new Float32Array(H),
    })
  })
})

test('without a label there is no loss', async () => {
  await withLayer(weightsOf(sample(23, 2)).weights, 7, async (layer) => {
    const nothing = await layer.loss(new Float32Array(0), new Int32Array(0), true)
    expect(nothing).toMatchObject({ lossSum: 0, gradient: new Float32Array(0) })
  })
})

test('every row is read once, a slice at a time, and those of the labels again, under the name that the model gives it', async () => {
  const tied = weightsOf(sample(23, 2))
  await withLayer(tied.weights, 7, (layer) => layer.loss(new Float32Array(H), Int32Array.of(3), false))
  expect(tied.reads).toEqual(
    ['0+7', '7+7', '14+7', '21+2', '3+1'].map((rows) => `model.embed_tokens.weight ${rows}`),
  )
  const untied = weightsOf(sample(23, 2), false)
  await withLayer(untied.weights, 20, (layer) => layer.loss(new Float32Array(H), Int32Array.of(3), false))
  expect(untied.reads).toEqual(['lm_head.weight 0+20', 'lm_head.weight 20+3', 'lm_head.weight 3+1'])
})
