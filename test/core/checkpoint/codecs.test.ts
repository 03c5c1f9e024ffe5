import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isBlockFormat, packBlocks, unpackBlocks } from '../../../src-main/core/checkpoint/block-weights.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { halfToFloat } from '../../../src-main/core/checkpoint/codecs/half.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import {
  dequantize,
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
    expect(tensor?.shape).toEqual([4, 512])
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
  expect(() => weightFormatOf('Q4_K', 'blk.0.attn_q.weight')).toThrow(
    expect.objectContaining({
      code: 'weight-format',
      message: expect.stringMatching(/blk\.0\.attn_q\.weight .* Q4_K/),
    }),
  )
})

describe('packed for MatMulNBits', () => {
  test.each(formats.filter(isBlockFormat))('%s unpacks to the same bits', (format) => {
    const raw = bytesOf(`${format}/bytes`)
    const packed = packBlocks(format, raw, 4, 512)
    const out = new Float32Array(4 * 512)
    unpackBlocks(packed.quants, packed.scales, packed.offsets, packed.bits, out)
    expect(sha256(out)).toBe(facts[format]?.float32_sha256)
  })

  test('puts neighbours into one byte, the even one low', () => {
    // One Q4_0 block: d = 1, weight i has the nibble i % 16.
    const block = new Uint8Array(18)
    block.set([0x00, 0x3c])
    for (let index = 0; index < 16; index++) block[2 + index] = index | (index << 4)
    const { quants, scales, offsets, bits } = packBlocks('Q4_0', block, 1, 32)
    expect([...quants.subarray(0, 8)]).toEqual([0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe])
    expect([...quants.subarray(8)]).toEqual([...quants.subarray(0, 8)])
    expect({ scales: [...scales], offsets, bits }).toEqual({ scales: [1], offsets: null, bits: 4 })
  })

  test('refuses rows that are not whole blocks', () => {
    expect(() => packBlocks('Q4_0', new Uint8Array(18), 1, 33)).toThrow(/blocks of 32/)
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
      out.fill(0)
      const packed = packBlocks(type, raw, shape[0], shape[1])
      unpackBlocks(packed.quants, packed.scales, packed.offsets, packed.bits, out)
      expect(sha256(out), `${name} packed`).toBe(hash)
    }
    source.close()
  })
})
