import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { weightEncoders, type WrittenFormat } from '../../../src-main/core/checkpoint/encode-weights.ts'
import { dequantize, weightFormats } from '../../../src-main/core/checkpoint/weight-formats.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../golden/quantize/blocks.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>
const bytesNamed = (name: string): Uint8Array => new Uint8Array(Buffer.from(golden[name] ?? '', 'base64'))
const weights = new Float32Array(bytesNamed('weights').buffer)

function encoded(format: WrittenFormat, from: Float32Array): Uint8Array {
  const { blockSize, bytesPerBlock } = weightFormats[format]
  const out = new Uint8Array((from.length / blockSize) * bytesPerBlock).fill(77)
  weightEncoders[format](from, out)
  return out
}

describe('weights are written with the bits that ggml gives them', () => {
  test.each(['F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1'] as const)('%s', (format) => {
    expect(Buffer.compare(encoded(format, weights), bytesNamed(format))).toBe(0)
  })
})

test.each(['Q8_0', 'Q4_0', 'Q4_1'] as const)(
  'what was read from %s is written to the same values again',
  (format) => {
    const once = dequantize(format, encoded(format, weights), weights.length)
    const twice = dequantize(format, encoded(format, once), weights.length)
    const furthest = Math.max(
      ...once.map((weight, at) => Math.abs(weight - (twice[at] ?? NaN)) / (Math.abs(weight) + 1e-9)),
    )
    expect(furthest).toBeLessThan(2e-3)
  },
)

test('weights beyond half precision are refused', () => {
  expect(() => encoded('F16', Float32Array.of(65504))).not.toThrow()
  expect(() => encoded('F16', Float32Array.of(1, 70000))).toThrow('70000')
  expect(encoded('F32', Float32Array.of(1e30)).length).toBe(4)
})
