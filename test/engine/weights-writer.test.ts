import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyBlocks, emptyBlocksFor, packBlocks } from '../../src-main/core/checkpoint/pack-blocks.ts'
import { quantizeBlocks } from '../../src-main/core/checkpoint/quantize-blocks.ts'
import { dequantize } from '../../src-main/core/checkpoint/weight-formats.ts'
import type { WeightTensor } from '../../src-main/core/llama/llama-checkpoint.ts'
import type { Extent } from '../../src-main/core/llama/stored-model.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { WeightsWriter } from '../../src-main/engine/weights-writer.ts'
import { temporaryFolder } from './tiny-chat-model.ts'

/** More than two pieces, the last one a short one. */
const [rows, columns] = [2200, 1024]

/** Bytes that are never those of an infinity, in memory that is used again as files use it. */
function tensorOf(format: 'F16' | 'Q8_0', rowBytes: number, seed: number): WeightTensor {
  const all = Uint8Array.from({ length: rows * rowBytes }, (_, at) => (at * seed + (at >> 9)) & 0xbf)
  return {
    name: `model.layers.${seed}.mlp.up_proj.weight`,
    format,
    shape: [rows, columns],
    read(firstRow = 0, rowCount = rows - firstRow, into = new Uint8Array(rowCount * rowBytes)) {
      into.set(all.subarray(firstRow * rowBytes, (firstRow + rowCount) * rowBytes))
      return into.subarray(0, rowCount * rowBytes)
    },
  }
}

test('tensors written piece by piece are those made in one', async () => {
  const path = join(temporaryFolder(), 'weights')
  const writer = new WeightsWriter(path, loadCodecs())
  const floats = [5, 7].map((seed) => tensorOf('F16', columns * 2, seed))
  const blocks = [11, 13, 17].map((seed) => tensorOf('Q8_0', (columns / 32) * 34, seed))
  const write = async (tensor: WeightTensor, bits: 4 | null) => {
    const stream = writer.write(tensor, bits)
    for (let bytes = 0; ;) {
      const next = await stream.next()
      if (next.done !== true) bytes += next.value
      else {
        expect(bytes).toBe(tensor.read().length)
        return next.value
      }
    }
  }
  const written = []
  for (const [tensor, bits] of [
    ...blocks.map((tensor) => [tensor, null] as const),
    ...floats.map((tensor) => [tensor, 4] as const),
    ...floats.map((tensor) => [tensor, null] as const),
  ])
    written.push({ tensor, bits, ...(await write(tensor, bits)) })
  await writer.finish()
  await writer.close()

  const file = readFileSync(path)
  expect(file.length).toBe(writer.length)
  const isThere = ({ offset, length }: Extent, expected: Uint8Array | Float32Array): void => {
    const bytes = new Uint8Array(expected.buffer, expected.byteOffset, expected.byteLength)
    expect(Buffer.compare(file.subarray(offset, offset + length), bytes)).toBe(0)
  }
  for (const { tensor, bits, stored, rounding } of written) {
    if (stored.kind === 'dense') {
      isThere(stored, tensor.read())
      continue
    }
    const expected = bits === 4 ? emptyBlocks(4, rows, columns, true) : emptyBlocksFor('Q8_0', rows, columns)
    const cost =
      bits === 4
        ? quantizeBlocks(dequantize('F16', tensor.read(), rows * columns), expected)
        : packBlocks('Q8_0', tensor.read(), expected)
    isThere(stored.quants, expected.quants)
    isThere(stored.scales, expected.scales)
    if (stored.offsets !== null) isThere(stored.offsets, expected.offsets ?? new Float32Array(0))
    expect(stored.offsets === null).toBe(expected.offsets === null)
    expect(rounding === null).toBe(cost === null)
    if (rounding !== null && cost !== null) expect(rounding.error / cost.error).toBeCloseTo(1, 9)
  }
})
