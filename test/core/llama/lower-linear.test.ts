import { expect, test } from 'vitest'
import { unpackBlocks } from '../../../src-main/core/checkpoint/block-weights.ts'
import { GraphBuilder } from '../../../src-main/core/graph/builder.ts'
import * as op from '../../../src-main/core/graph/operators.ts'
import { lowerGraph } from '../../../src-main/core/llama/lower-graph.ts'
import { rand, TorchGenerator } from '../../../src-main/core/vera/random.ts'
import { runGraph, tensor } from '../graph/run-graph.ts'

const [tokens, rows, columns] = [3, 5, 64]
const blocks = (rows * columns) / 32
const generator = new TorchGenerator(11)
const numbers = (length: number) => rand(generator, length).map((value) => value - 0.5)
const bytes = (floats: Float32Array) => new Uint8Array(floats.buffer)

test.each([
  [4, true],
  [4, false],
  [8, true],
  [8, false],
] as const)('%i-bit blocks (offsets: %s) multiply as their float32 weights do', async (bits, hasOffsets) => {
  const quants = Uint8Array.from(rand(generator, blocks * 4 * bits), (value) => value * 256)
  const scales = numbers(blocks)
  const offsets = hasOffsets ? numbers(blocks) : null
  const x = numbers(tokens * columns)

  const g = new GraphBuilder('blocks')
  const input = g.input('x', 'float32', ['N', columns])
  g.output(op.linear(g, input, 'layer', columns, rows), 'y')
  const lowered = lowerGraph(g.finish(), (to) => {
    const floats = (name: string, data: Float32Array) =>
      to.initializer(name, 'float32', [rows, columns / 32], { kind: 'inline', bytes: bytes(data) })
    const shape = [rows, columns / 32, 4 * bits]
    return {
      kind: 'blocks',
      bits,
      quants: to.initializer('quants', 'uint8', shape, { kind: 'inline', bytes: quants }),
      scales: floats('scales', scales),
      offsets: offsets && floats('offsets', offsets),
    }
  })
  const { y } = await runGraph(lowered, { x: tensor([tokens, columns], x) })

  const weights = new Float32Array(rows * columns)
  unpackBlocks(quants, scales, offsets, bits, weights)
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < rows; row++) {
      let sum = 0
      let size = 0
      for (let k = 0; k < columns; k++) {
        const product = (x[token * columns + k] ?? 0) * (weights[row * columns + k] ?? 0)
        sum += product
        size += Math.abs(product)
      }
      expect(Math.abs((y?.[token * rows + row] ?? Number.NaN) - sum)).toBeLessThan(2e-6 * size)
    }
  }
})
