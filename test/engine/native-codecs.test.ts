import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { weightEncoders, type WrittenFormat } from '../../src-main/core/checkpoint/encode-weights.ts'
import { unpackBlocks } from '../../src-main/core/checkpoint/block-weights.ts'
import { emptyBlocks, emptyBlocksFor, packBlocks } from '../../src-main/core/checkpoint/pack-blocks.ts'
import { quantizeBlocks } from '../../src-main/core/checkpoint/quantize-blocks.ts'
import {
  blockFormats,
  type BlockFormatName,
  type WeightFormat,
  weightFormats,
} from '../../src-main/core/checkpoint/weight-formats.ts'
import { findDifference } from '../../src-main/engine/codec-comparison.ts'
import { findAddon } from '../../src-main/engine/native-addon.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'

// An addon older than its sources would say nothing about them.
execFileSync(process.execPath, ['native/build.mjs', '--if-needed'], { stdio: 'inherit' })
const isBuilt = findAddon() !== null

/** Bytes from a seed (a linear congruential generator, Numerical Recipes). */
function randomBytes(length: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24)
}

/** Between -1 and 1, with all 24 bits of a float32 in use: half-precision scales would hide a rounding. */
function randomFloats(length: number, seed: number): Float32Array {
  const bytes = randomBytes(length * 4, seed)
  return new Float32Array(new Int32Array(bytes.buffer).values().map((word) => word / 2 ** 31))
}

/** Null where all bits are the same (of NaNs: where both are one); a diff by vitest of a million weights is slow. */
function firstDifference(actual: Float32Array, expected: Float32Array): string | null {
  if (actual.length !== expected.length) return `${actual.length} weights for ${expected.length}`
  const at = actual.findIndex((weight, index) => !Object.is(weight, expected[index]))
  return at === -1 ? null : `${actual[at]} for ${expected[at]} at ${at}`
}

describe.skipIf(!isBuilt)('the native codecs [needs cargo]', () => {
  const codecs = loadCodecs()

  test('are used', () => {
    expect(codecs).toMatchObject({ name: 'native', reason: null })
  })

  // The last one is big enough for threads, and its last part is a short one.
  for (const blocks of [0, 1, 7, 40_001]) {
    test.each([4, 8] as const)(`unpack ${blocks} random blocks of %d bits to the same bits`, (bits) => {
      const quants = randomBytes(blocks * 4 * bits, 1)
      const scales = randomFloats(blocks, 2)
      for (const offsets of [null, randomFloats(blocks, 3)]) {
        const expected = new Float32Array(blocks * 32).fill(9)
        const actual = new Float32Array(blocks * 32).fill(8)
        unpackBlocks(quants, scales, offsets, bits, expected)
        codecs.unpackBlocks(quants, scales, offsets, bits, actual)
        expect(firstDifference(actual, expected)).toBeNull()
      }
    })
  }

  test.each(Object.keys(weightFormats) as WeightFormat[])(
    'dequantise random %s to the same bits',
    (format) => {
      const { blockSize, bytesPerBlock, dequantize } = weightFormats[format]
      const count = 40_040 * 32
      // At an odd address, and with bytes left over.
      const bytes = randomBytes((count / blockSize) * bytesPerBlock + 2, 4).subarray(1)
      const expected = new Float32Array(count).fill(9)
      const actual = new Float32Array(count).fill(8)
      dequantize(bytes, expected)
      codecs.dequantize(format, bytes, actual)
      expect(firstDifference(actual, expected)).toBeNull()
    },
  )

  test.each(Object.keys(blockFormats) as BlockFormatName[])(
    'pack random %s to the same bits, and find the same error',
    (format) => {
      const { blockSize, bytesPerBlock } = blockFormats[format]
      const rows = 40
      const columns = 40_192
      // No infinite scale: wherever a half lies, its exponent's top bits are never all set.
      const bytes = randomBytes(((rows * columns) / blockSize) * bytesPerBlock, 5).map((byte) => byte & 0xbf)
      const [expected, actual] = [1, 2].map(() => emptyBlocksFor(format, rows, columns))
      if (expected === undefined || actual === undefined) throw new Error('no blocks')
      const expectedError = packBlocks(format, bytes, expected)
      const actualError = codecs.packBlocks(format, bytes, actual)
      expect(Buffer.compare(actual.quants, expected.quants)).toBe(0)
      expect(firstDifference(actual.scales, expected.scales)).toBeNull()
      const none = new Float32Array(0)
      expect(firstDifference(actual.offsets ?? none, expected.offsets ?? none)).toBeNull()
      const ratio = (error: typeof expectedError): number | null => error && error.error / error.weights
      expect(ratio(actualError) ?? 0).toBeCloseTo(ratio(expectedError) ?? 0, 12)
      expect(actualError === null).toBe(expectedError === null)
    },
  )

  for (const [bits, hasOffsets] of [
    [4, true],
    [4, false],
    [8, true],
    [8, false],
  ] as const) {
    test(`quantise random weights to ${bits} bits, offsets ${hasOffsets}, to the same bits`, () => {
      for (const blocks of [0, 1, 40_001]) {
        const weights = randomFloats(blocks * 32, 6)
        const [expected, actual] = [1, 2].map(() => emptyBlocks(bits, 1, blocks * 32, hasOffsets))
        if (expected === undefined || actual === undefined) throw new Error('no blocks')
        const expectedError = quantizeBlocks(weights, expected)
        const actualError = codecs.quantizeBlocks(weights, actual)
        expect(Buffer.compare(actual.quants, expected.quants)).toBe(0)
        expect(firstDifference(actual.scales, expected.scales)).toBeNull()
        const none = new Float32Array(0)
        expect(firstDifference(actual.offsets ?? none, expected.offsets ?? none)).toBeNull()
        expect(actualError.error).toBeCloseTo(expectedError.error, 6)
        expect(actualError.weights).toBeCloseTo(expectedError.weights, 4)
      }
    })
  }

  test.each(Object.keys(weightEncoders) as WrittenFormat[])(
    'write random weights as %s to the same bits',
    (format) => {
      const { blockSize, bytesPerBlock } = weightFormats[format]
      for (const blocks of [0, 1, 40_001]) {
        // Of all sizes, among them those that half precision has only in part.
        const weights = randomFloats(blocks * 32, 8).map((weight, index) => weight * 2 ** ((index % 44) - 28))
        const [expected, actual] = [1, 2].map(
          () => new Uint8Array((weights.length / blockSize) * bytesPerBlock),
        )
        if (expected === undefined || actual === undefined) throw new Error('no bytes')
        weightEncoders[format](weights, expected)
        codecs.encode(format, weights, actual)
        expect(Buffer.compare(actual, expected)).toBe(0)
      }
    },
  )

  test('refuse to write what half precision has not', () => {
    const write = (weight: number) => (): void =>
      codecs.encode('F16', Float32Array.of(1, weight), new Uint8Array(4))
    expect(write(65504)).not.toThrow()
    expect(write(Infinity)).not.toThrow()
    expect(write(70_000)).toThrow('70000')
  })

  test('write into a part of a buffer and leave the rest', () => {
    const out = new Float32Array(96).fill(8)
    codecs.unpackBlocks(new Uint8Array(16), Float32Array.of(1), null, 4, out.subarray(32, 64))
    expect([...new Set(out.subarray(0, 32)), ...new Set(out.subarray(32, 64)), ...out.slice(64, 65)]).toEqual(
      [8, -8, 8],
    )
  })

  test('refuse arrays that do not fit together, by name', () => {
    const unpack = (quants: number, offsets: number | null, out: number) => (): void =>
      codecs.unpackBlocks(
        new Uint8Array(quants),
        new Float32Array(2),
        offsets === null ? null : new Float32Array(offsets),
        4,
        new Float32Array(out),
      )
    expect(unpack(32, null, 64)).not.toThrow()
    expect(unpack(31, null, 64)).toThrow('quants has 31 elements; 2 blocks')
    expect(unpack(32, 3, 64)).toThrow('offsets has 3 elements')
    expect(unpack(32, 2, 65)).toThrow('out has 65 elements')
    expect(() => codecs.dequantize('Q8_0', new Uint8Array(33), new Float32Array(32))).toThrow('bytes has 33')
    const packInto = emptyBlocksFor('Q5_1', 1, 64)
    expect(() => codecs.packBlocks('Q5_1', new Uint8Array(47), packInto)).toThrow('bytes has 47')
    expect(() => codecs.packBlocks('Q5_0', new Uint8Array(48), packInto)).toThrow('offsets do not go')
    expect(() => codecs.dequantize('Q8_0', new Uint8Array(99), new Float32Array(33))).toThrow('out has 33')
  })

  test('refuse to overwrite what they read', () => {
    const memory = new ArrayBuffer(160)
    const quants = new Uint8Array(memory, 100, 16)
    const unpack = (): void =>
      codecs.unpackBlocks(quants, Float32Array.of(1), null, 4, new Float32Array(memory, 0, 32))
    expect(unpack).toThrow('shares memory')
  })
})

describe('the TypeScript codecs stand in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'veranda-codecs-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('where the addon is not built', () => {
    const codecs = loadCodecs(null)
    expect(codecs).toMatchObject({ name: 'typescript', reason: 'The native codecs are not built.' })
    const out = new Float32Array(32)
    codecs.unpackBlocks(new Uint8Array(16).fill(0x9f), Float32Array.of(2), null, 4, out)
    expect([...out.subarray(0, 3)]).toEqual([14, 2, 14])
  })

  test('where the addon does not load', () => {
    const path = join(folder, 'broken.node')
    writeFileSync(path, 'not a library')
    expect(loadCodecs(path)).toMatchObject({
      name: 'typescript',
      reason: expect.stringContaining('does not load'),
    })
  })

  test('where the addon is of another version', () => {
    const path = join(folder, 'older.cjs')
    writeFileSync(path, 'exports.unpackBlocks4 = () => {}')
    expect(loadCodecs(path).reason).toMatch(/is not of this version/)
  })

  test('where the addon gives other bits', () => {
    const path = join(folder, 'wrong.cjs')
    writeFileSync(
      path,
      'exports.unpackBlocks4 = exports.unpackBlocks8 = exports.dequantize = exports.packBlocks = exports.quantizeBlocks = exports.encode = () => {}; exports.formats = () => []',
    )
    expect(loadCodecs(path)).toMatchObject({
      name: 'typescript',
      reason: expect.stringMatching(/decodes 4-bit blocks wrongly/),
    })
  })
})

test('a comparison finds one weight that differs', () => {
  const reference = loadCodecs(null)
  const lastBitOff = { ...reference, dequantize: reference.dequantize.bind(reference) }
  expect(findDifference(lastBitOff, reference)).toBeNull()
  lastBitOff.dequantize = (format, bytes, out) => {
    reference.dequantize(format, bytes, out)
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length)
    if (format === 'Q4_1') bits[5] = (bits[5] ?? 0) ^ 1
  }
  expect(findDifference(lastBitOff, reference)).toBe('Q4_1 weights')
})
