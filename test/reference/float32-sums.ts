import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GraphBuilder } from '../../src-main/core/graph/builder.ts'
import type { Graph } from '../../src-main/core/graph/graph.ts'
import * as op from '../../src-main/core/graph/operators.ts'
import { type Feeds, float32Data, type Runtime, type Tensor } from '../../src-main/core/graph/runtime.ts'
import type { LlamaConfig } from '../../src-main/core/llama/config.ts'
import { readJson } from './fixtures.ts'

/** Float32 numbers of a vector register, by PyTorch's name for what a processor can do. */
const lanesOf: Readonly<Record<string, number>> = { AVX2: 8, AVX512: 16 }

/** The lanes of the processor that the reference was made on. */
export function referenceLanes(reference: string): number {
  const path = join(reference, 'checks.json')
  if (!existsSync(path)) return 8
  const { versions } = readJson<{ readonly versions: { readonly cpu_capability: string } }>(path)
  return lanesOf[versions.cpu_capability] ?? 8
}

/**
 * A runtime that adds up the exponentials of the output layer as PyTorch does: in float32, one running sum a lane.
 *
 * Over a large vocabulary such a sum loses what is below half a unit in its last place, about 1e-5 of it with
 * 49,152 tokens, and every probability becomes too large by as much. (In float64, from the same hidden states,
 * the loss is ours.) That moves the gradient along the mean of all output rows by more than the reference's
 * tolerance. With the same sums nothing else may differ.
 */
export function withFloat32Sums(inner: Runtime, config: LlamaConfig, lanes: number): Runtime {
  return {
    ...inner,
    async open(graph, options) {
      const session = await inner.open(graph, options)
      if (graph.name !== 'output_slice') return session
      const logitsSession = await inner.open(logitsGraph(config))
      let running: RunningSums | null = null
      return {
        async run(feeds) {
          const results = await session.run(feeds)
          const logits = float32Data((await logitsSession.run(feeds))['logits'], 'logits')
          const max = float32Data(results['max'], 'max')
          // The slices of one vocabulary share their input.
          if (running === null || running.input !== feeds['x']?.data) running = startSums(feeds, max, lanes)
          const data = addSlice(running, logits, max)
          return { ...results, sum: { data, shape: [max.length, 1] } }
        },
        async close() {
          await logitsSession.close()
          await session.close()
        },
      }
    },
  }
}

/** The sums of all slices so far, `[M, lanes]`, of exp(l − base) with a base a row. */
interface RunningSums {
  readonly input: Tensor['data'] | undefined
  readonly base: Float32Array
  readonly sums: Float32Array
  readonly lanes: number
}

function startSums(feeds: Feeds, max: Float32Array, lanes: number): RunningSums {
  return { input: feeds['x']?.data, base: max, sums: new Float32Array(max.length * lanes), lanes }
}

/** Adds a slice's logits `[M, slice]`; returns by how much each row's total grew, as sums of exp(l − max). */
function addSlice({ base, sums, lanes }: RunningSums, logits: Float32Array, max: Float32Array): Float32Array {
  const length = logits.length / max.length
  return max.map((largest, row) => {
    const from = base[row] ?? 0
    const own = sums.subarray(row * lanes, (row + 1) * lanes)
    const before = total(own)
    for (let i = 0; i < length; i++) {
      const power = Math.fround(Math.exp((logits[row * length + i] ?? 0) - from))
      own[i % lanes] = (own[i % lanes] ?? 0) + power
    }
    return (total(own) - before) * Math.exp(from - largest)
  })
}

const total = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0)

function logitsGraph({ hiddenSize }: LlamaConfig): Graph {
  const g = new GraphBuilder('logits')
  const x = g.input('x', 'float32', ['M', hiddenSize])
  const weight = g.input('weight', 'float32', ['slice', hiddenSize])
  g.output(op.gemm(g, x, weight, { b: true }), 'logits')
  return g.finish()
}
