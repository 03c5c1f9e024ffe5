import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type BlockWeights, unpackBlocks } from '../../../src-main/core/checkpoint/block-weights.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { halfToFloat } from '../../../src-main/core/checkpoint/codecs/half.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { emptyBlocksFor, packBlocks } from '../../../src-main/core/checkpoint/pack-blocks.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import {
  blockFormats,
  type BlockFormatName,
  dequantize,
  isBlockFormat,
  weightFormatOf,
  weightFormats,
} from '../../../src-main/core/checkpoint/weight-formats.ts'
import type { WeightFormat } from '../../../src-main/core/checkpoint/weight-formats.ts'
import { hasRealModel, realModelPath } from '../real-model.ts'
import { fileSource } from './file-source.ts'

const reference = new URL('../../golden/reference/', import.meta.url)
const formats = Object.keys(weightFormats) as WeightFormat[]

const vectors = readSafetensors(
  memorySource(readFileSync(new URL('gguf-quants/codec.safetensors', reference))),
)
const codecFile = readGguf(memorySource(readFileSync(new URL('gguf-quants/codec.gguf', reference))))
const facts: Record<string, { block_size: number; bytes_per_block: number; float32_sha256: string }> =
  JSON.parse(readFileSync(new URL('gguf-quants/codec.json', reference), 'utf8'))

function sha256(values: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')
}

function bytesOf(name: string): Uint8Array {
  const tensor = vectors.tensors.get(name)
  if (!tensor) throw new Error(`the reference has no ${name}`)
  return tensor.read()
}

const bitsOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

describe.each(formats)('%s', (format) => {
  const raw = bytesOf(`${format}/bytes`)
  const expected = bytesOf(`${format}/float32`)
  const count = expected.length / 4

  test('is bit-equal to gguf-py', () => {
    const { blockSize, bytesPerBlock } = weightFormats[format]
    expect(raw.length).toBe((count / blockSize) * bytesPerBlock)
    expect(bitsOf(dequantize(format, raw, count))).toEqual(Uint8Array.from(expected))
    expect(sha256(dequantize(format, raw, count))).toBe(facts[format]?.float32_sha256)
  })

  test('decodes from any alignment', () => {
    const shifted = new Uint8Array(raw.length + 1)
    shifted.set(raw, 1)
    expect(sha256(dequantize(format, shifted.subarray(1), count))).toBe(facts[format]?.float32_sha256)
  })

  test('reads the same from the GGUF file', () => {
    const tensor = codecFile.tensors.get(format)
    expect(tensor?.shape).toEqual([4, count / 4])
    expect(tensor?.type.name).toBe(format)
    expect(tensor?.read()).toEqual(Uint8Array.from(raw))
  })
})

test('half precision: ordinary, subnormal, signed zero, infinite, not a number', () => {
  expect(halfToFloat[0x3c00]).toBe(1)
  expect(halfToFloat[0xc000]).toBe(-2)
  expect(halfToFloat[0x7bff]).toBe(65504)
  expect(halfToFloat[0x0001]).toBe(2 ** -24)
  expect(halfToFloat[0x83ff]).toBe(-1023 * 2 ** -24)
  expect(halfToFloat[0x8000]).toBe(-0)
  expect(halfToFloat[0xfc00]).toBe(-Infinity)
  expect(halfToFloat[0x7e01]).toBeNaN()
})

test('a format that is not decoded yet is named', () => {
  expect(() => weightFormatOf('IQ4_XS', 'blk.0.attn_q.weight')).toThrow(
    expect.objectContaining({
      code: 'weight-format',
      message: expect.stringMatching(/blk\.0\.attn_q\.weight .* IQ4_XS/),
    }),
  )
})

/** The blocks, what they decode to, and what rounding them cost. */
function packed(
  format: BlockFormatName,
  raw: Uint8Array,
  rows: number,
  columns: number,
): { readonly blocks: BlockWeights; readonly weights: Float32Array; readonly relativeError: number | null } {
  const blocks = emptyBlocksFor(format, rows, columns)
  const rounding = packBlocks(format, raw, blocks)
  const weights = new Float32Array(rows * columns)
  unpackBlocks(blocks.quants, blocks.scales, blocks.offsets, blocks.bits, weights)
  return { blocks, weights, relativeError: rounding && Math.sqrt(rounding.error / rounding.weights) }
}

const columnsOf = (format: BlockFormatName): number => bytesOf(`${format}/float32`).length / 16

const formatsPackedAs = (...packings: string[]): BlockFormatName[] =>
  (Object.keys(blockFormats) as BlockFormatName[]).filter((format) =>
    packings.includes(blockFormats[format].packing),
  )

describe('packed for MatMulNBits', () => {
  test.each(['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0'] as const)('%s unpacks to the same bits', (format) => {
    const { weights, relativeError } = packed(format, bytesOf(`${format}/bytes`), 4, columnsOf(format))
    expect(sha256(weights)).toBe(facts[format]?.float32_sha256)
    expect(relativeError).toBeNull()
  })

  test.each(['Q3_K', 'Q5_K'] as const)('%s: only zeros may change their sign', (format) => {
    const raw = bytesOf(`${format}/bytes`)
    const { weights, relativeError } = packed(format, raw, 4, columnsOf(format))
    expect(dequantize(format, raw, weights.length).every((weight, index) => weight === weights[index])).toBe(
      true,
    )
    expect(relativeError).toBeNull()
  })

  test('Q4_K unpacks to the same values but for the rounding of its offset', () => {
    const raw = bytesOf('Q4_K/bytes')
    const { blocks, weights, relativeError } = packed('Q4_K', raw, 4, columnsOf('Q4_K'))
    expect(blocks.bits).toBe(4)
    const expected = dequantize('Q4_K', raw, weights.length)
    for (const [index, weight] of weights.entries()) {
      const offset = Math.abs(blocks.offsets?.[index >> 5] ?? 0)
      expect(Math.abs(weight - (expected[index] ?? NaN))).toBeLessThanOrEqual(offset * 2 ** -23)
    }
    expect(relativeError).toBeNull()
  })

  test.each(formatsPackedAs('rounded'))('%s is rounded to 8 bits, and says by how much', (format) => {
    const raw = bytesOf(`${format}/bytes`)
    const { blocks, weights, relativeError } = packed(format, raw, 4, columnsOf(format))
    expect(blocks.bits).toBe(8)
    const expected = dequantize(format, raw, weights.length)
    const sum = (of: (weight: number, index: number) => number): number =>
      expected.reduce((total, weight, index) => total + of(weight, index), 0)
    const measured = Math.sqrt(
      sum((weight, index) => (weight - (weights[index] ?? NaN)) ** 2) / sum((weight) => weight ** 2),
    )
    expect(measured).toBeLessThan(0.005)
    expect(measured).toBeGreaterThan(0)
    expect(relativeError).toBeCloseTo(measured, 6)
  })

  test('puts neighbours into one byte, the even one low', () => {
    // One Q4_0 block: d = 1, weight i has the nibble i % 16.
    const block = new Uint8Array(18)
    block.set([0x00, 0x3c])
    for (let index = 0; index < 16; index++) block[2 + index] = index | (index << 4)
    const { quants, scales, offsets, bits } = packed('Q4_0', block, 1, 32).blocks
    expect([...quants.subarray(0, 8)]).toEqual([0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe])
    expect([...quants.subarray(8)]).toEqual([...quants.subarray(0, 8)])
    expect({ scales: [...scales], offsets, bits }).toEqual({ scales: [1], offsets: null, bits: 4 })
  })

  test('refuses rows that are not whole blocks', () => {
    expect(() => emptyBlocksFor('Q4_0', 1, 33)).toThrow(/blocks of 32/)
  })
})

describe.skipIf(!hasRealModel)('SmolLM2', () => {
  interface Golden {
    readonly name: string
    readonly type: WeightFormat
    readonly row_major_shape: readonly [number, number]
    readonly sha256: string
    readonly first64: readonly number[]
  }
  const golden: readonly Golden[] = JSON.parse(
    readFileSync(new URL('smollm2/dequant.json', reference), 'utf8'),
  )

  test('dequantises as the reference, straight and through packed blocks', () => {
    const source = fileSource(realModelPath)
    const file = readGguf(source)
    // The header ends after about 1.7 MB; weights are only read below.
    expect(source.readBytes()).toBeLessThan(3e6)
    for (const { name, type, row_major_shape: shape, sha256: hash, first64 } of golden) {
      const tensor = file.tensors.get(name)
      expect(tensor).toMatchObject({ shape, type: { name: type } })
      if (!tensor) continue
      const count = shape.reduce((a, b) => a * b, 1)
      const raw = tensor.read()
      const out = dequantize(type, raw, count)
      expect([...out.subarray(0, 64)]).toEqual(first64)
      expect(sha256(out), name).toBe(hash)
      if (!isBlockFormat(type)) continue
      expect(sha256(packed(type, raw, shape[0], shape[1]).weights), `${name} packed`).toBe(hash)
    }
    source.close()
  })
})
