import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { hasRealModel, realModelPath } from '../real-model.ts'
import { fileSource } from './file-source.ts'
import { concat, ggufOf, text, u32, u64 } from './gguf-writer.ts'

const read = (bytes: Uint8Array) => readGguf(memorySource(bytes))
const f32 = (count: number) => new Uint8Array(count * 4).map((_, index) => index)

describe('reading', () => {
  test.each([2, 3])('version %i: metadata of every written type, shapes in row-major order', (version) => {
    const file = read(
      ggufOf(
        {
          'a.u32': { type: 'u32', value: 7 },
          'a.f32': { type: 'f32', value: 0.5 },
          'a.bool': { type: 'bool', value: 1 },
          'a.u64': { type: 'u64', value: 5n },
          'a.big': { type: 'u64', value: 2n ** 63n },
          'a.string': { type: 'string', value: 'Grüße' },
          'a.strings': { type: 'strings', value: ['x', '', 'yz'] },
          'a.i32s': { type: 'i32s', value: [1, -2] },
        },
        { first: { type: 0, shape: [2, 3], bytes: f32(6) }, second: { type: 0, shape: [2], bytes: f32(2) } },
        { version },
      ),
    )
    expect(file.version).toBe(version)
    expect(Object.fromEntries(file.metadata)).toEqual({
      'a.u32': 7,
      'a.f32': 0.5,
      'a.bool': true,
      'a.u64': 5,
      'a.big': 2n ** 63n,
      'a.string': 'Grüße',
      'a.strings': ['x', '', 'yz'],
      'a.i32s': [1, -2],
    })
    expect(file.tensors.get('first')).toMatchObject({ shape: [2, 3], byteLength: 24, type: { name: 'F32' } })
    expect(file.tensors.get('second')?.read()).toEqual(f32(2))
  })

  test('numbers of all other types and nested lists', () => {
    const header = (type: number, ...value: Uint8Array[]) =>
      read(
        concat([text('GGUF').subarray(8), u32(3), u64(0), u64(1), text('k'), u32(type), ...value]),
      ).metadata.get('k')
    expect(header(0, Uint8Array.of(200))).toBe(200)
    expect(header(1, Uint8Array.of(200))).toBe(-56)
    expect(header(2, Uint8Array.of(1, 2))).toBe(513)
    expect(header(3, Uint8Array.of(255, 255))).toBe(-1)
    expect(header(5, u32(0xffffffff))).toBe(-1)
    expect(header(11, u64(2n ** 64n - 1n))).toBe(-1)
    expect(header(12, new Uint8Array(Float64Array.of(0.1).buffer))).toBe(0.1)
    expect(header(9, u32(9), u64(2), u32(7), u64(1), Uint8Array.of(1), u32(4), u64(0))).toEqual([[true], []])
  })

  test('an alignment of its own', () => {
    const file = read(
      ggufOf(
        { 'general.alignment': { type: 'u32', value: 64 } },
        { a: { type: 0, shape: [3], bytes: f32(3) }, b: { type: 0, shape: [1], bytes: f32(1) } },
        { alignment: 64 },
      ),
    )
    expect(file.tensors.get('a')?.read()).toEqual(f32(3))
    expect(file.tensors.get('b')?.read()).toEqual(f32(1))
  })

  test.skipIf(!hasRealModel)('SmolLM2 without its weights', () => {
    const source = fileSource(realModelPath)
    const file = readGguf(source)
    expect(file.tensors.size).toBe(272)
    expect(file.metadata.get('general.architecture')).toBe('llama')
    expect(file.metadata.get('tokenizer.ggml.tokens')).toHaveLength(49152)
    expect(source.readBytes()).toBeLessThan(3e6)
    source.close()
  })
})

describe('damaged files', () => {
  const one = ggufOf({}, { a: { type: 0, shape: [64], bytes: f32(64) } })
  const entry = (...value: Uint8Array[]) =>
    concat([text('GGUF').subarray(8), u32(3), u64(0), u64(1), text('k'), ...value, new Uint8Array(64)])
  const counts = (tensors: bigint, entries: bigint) =>
    concat([text('GGUF').subarray(8), u32(3), u64(tensors), u64(entries), new Uint8Array(64)])
  const tensor = (shape: number[], type = 0, offset = 0) =>
    ggufOf({}, { a: { type, shape, bytes: f32(64), offset } })

  const cases: [string, Uint8Array, string, RegExp][] = [
    ['an empty file', new Uint8Array(0), 'gguf-truncated', /empty/],
    ['another kind of file', ggufOf({}, {}, { magic: 'PK\u0003\u0004' }), 'gguf-magic', /not a GGUF model/],
    ['version 1', ggufOf({}, {}, { version: 1 }), 'gguf-version', /version 1/],
    ['version 4', ggufOf({}, {}, { version: 4 }), 'gguf-version', /version 4/],
    ['a big-endian file', ggufOf({}, {}, { version: 0x03000000 }), 'gguf-version', /big-endian/],
    ['a cut in the header', one.subarray(0, 30), 'gguf-truncated', /after 30 bytes, within its header/],
    ['a cut in the weights', one.subarray(0, 300), 'gguf-truncated', /\(300 bytes of 320 bytes\)/],
    [
      'a number of tensors that lies',
      counts(2n ** 60n, 0n),
      'gguf-broken',
      /number of tensors of 1152921504606846976/,
    ],
    ['a number of entries that lies', counts(0n, 2n ** 40n), 'gguf-broken', /number of metadata entries/],
    ['a text length that lies', entry(u32(8), u64(2n ** 62n)), 'gguf-broken', /text length/],
    ['a text longer than the file', entry(u32(8), u64(1e6)), 'gguf-truncated', /within its header/],
    ['a list length that lies', entry(u32(9), u32(8), u64(2n ** 62n)), 'gguf-broken', /list length in "k"/],
    ['a list longer than the file', entry(u32(9), u32(8), u64(3e6)), 'gguf-truncated', /within its header/],
    [
      'lists in lists in lists',
      entry(u32(9), ...Array.from({ length: 9 }, () => concat([u32(9), u64(1)]))),
      'gguf-broken',
      /nests lists/,
    ],
    ['an unknown type of value', entry(u32(99)), 'gguf-broken', /"k" has a value of the unknown type 99/],
    ['a shape that lies', tensor([2 ** 39, 2 ** 39]), 'gguf-broken', /tensor a claims/],
    ['a shape longer than the file', tensor([1e6]), 'gguf-truncated', /of 4.0 MB/],
    ['an offset beyond the file', tensor([64], 0, 32e9), 'gguf-truncated', /of 32.0 GB/],
    ['an unaligned offset', tensor([64], 0, 8), 'gguf-broken', /unaligned/],
    ['five dimensions', tensor([1, 1, 1, 1, 64]), 'gguf-broken', /5 dimensions/],
    ['a row that is no whole block', tensor([33], 2), 'gguf-broken', /33 weights, which Q4_0/],
    [
      'a format without a name',
      tensor([64], 77),
      'gguf-tensor-type',
      /Tensor a is stored in format number 77/,
    ],
    [
      'an overlap',
      ggufOf(
        {},
        {
          a: { type: 0, shape: [64], bytes: f32(64) },
          b: { type: 0, shape: [8], bytes: f32(8), offset: 32 },
        },
      ),
      'gguf-broken',
      /tensor b overlaps/,
    ],
    [
      'an alignment of 0',
      ggufOf({ 'general.alignment': { type: 'u32', value: 0 } }),
      'gguf-broken',
      /alignment is 0/,
    ],
  ]
  test.each(cases)('%s', (_name, bytes, code, message) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code }))
    expect(() => read(bytes)).toThrow(message)
  })

  test('two tensors of one name', () => {
    const bytes = ggufOf(
      {},
      { a: { type: 0, shape: [8], bytes: f32(8) }, b: { type: 0, shape: [8], bytes: f32(8) } },
    )
    bytes[bytes.indexOf(0x62)] = 0x61
    expect(() => read(bytes)).toThrow(/two tensors named a/)
  })
})
