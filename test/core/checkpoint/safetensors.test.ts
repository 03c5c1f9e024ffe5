import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readSafetensors, writeSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import type { SafetensorsData } from '../../../src-main/core/checkpoint/safetensors.ts'

const reference = new URL('../../golden/reference/', import.meta.url)

/** A file with any header, to try out what a writer would never write. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const file = new Uint8Array(8 + json.length + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, 8)
  return file
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer)

describe('reading', () => {
  test('a file that PyTorch wrote', () => {
    const file = readSafetensors(
      memorySource(readFileSync(new URL('tiny-llama/tied/model.safetensors', reference))),
    )
    expect(file.metadata.get('format')).toBe('pt')
    const embedding = file.tensors.get('model.embed_tokens.weight')
    expect(embedding).toMatchObject({ dtype: 'F32', shape: [256, 64], byteLength: 256 * 64 * 4 })
    expect(embedding?.read().length).toBe(256 * 64 * 4)
    let parameters = 0
    for (const tensor of file.tensors.values()) parameters += tensor.shape.reduce((a, b) => a * b, 1)
    expect(parameters).toBe(102720)
  })

  test('int64 tensors', () => {
    const file = readSafetensors(
      memorySource(readFileSync(new URL('tiny-llama/batches.safetensors', reference))),
    )
    expect(file.tensors.get('one/input_ids')?.dtype).toBe('I64')
  })
})

describe('writing', () => {
  const tensors = new Map<string, SafetensorsData>([
    ['b', { dtype: 'F32', shape: [2, 1], bytes: floats(1.5, -2) }],
    ['a', { dtype: 'U8', shape: [3], bytes: Uint8Array.of(7, 8, 9) }],
    ['scalar', { dtype: 'F32', shape: [], bytes: floats(3) }],
    ['empty', { dtype: 'I64', shape: [0, 4], bytes: new Uint8Array(0) }],
  ])

  test('reads back the same, aligned and padded', () => {
    const bytes = writeSafetensors(tensors, new Map([['format', 'pt']]))
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect(headerBytes % 8).toBe(0)
    const file = readSafetensors(memorySource(bytes))
    expect([...file.metadata]).toEqual([['format', 'pt']])
    expect([...file.tensors.keys()]).toEqual(['empty', 'b', 'scalar', 'a'])
    for (const [name, tensor] of tensors) {
      expect(file.tensors.get(name)).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape })
      expect(file.tensors.get(name)?.read()).toEqual(tensor.bytes)
    }
  })

  test('does not depend on the order of insertion', () => {
    expect(writeSafetensors(new Map([...tensors].reverse()))).toEqual(writeSafetensors(tensors))
  })

  test('refuses bytes that do not fill the shape', () => {
    expect(() => writeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], bytes: floats(1) }]]))).toThrow(
      RangeError,
    )
  })
})

describe('damaged files', () => {
  const two = (a: [number, number], b: [number, number]) => ({
    a: { dtype: 'U8', shape: [a[1] - a[0]], data_offsets: a },
    b: { dtype: 'U8', shape: [b[1] - b[0]], data_offsets: b },
  })
  const huge = new Uint8Array(16).fill(0xff)
  const cases: [string, Uint8Array, string, RegExp][] = [
    ['no length', Uint8Array.of(1, 2), 'safetensors-truncated', /2 of 8 bytes/],
    ['a header length that lies', huge, 'safetensors-broken', /header claims/],
    ['a header that is cut', fileOf('{"a":1}', 0).subarray(0, 12), 'safetensors-truncated', /12 of 15 bytes/],
    ['a header that is not JSON', fileOf('hello', 0), 'safetensors-broken', /not JSON/],
    ['a header that is a list', fileOf([], 0), 'safetensors-broken', /not a JSON object/],
    [
      'metadata that is not text',
      fileOf({ __metadata__: { a: 1 } }, 0),
      'safetensors-broken',
      /metadata "a"/,
    ],
    ['data that is cut', fileOf(two([0, 4], [4, 8]), 7), 'safetensors-truncated', /7 of 8 bytes/],
    ['an overlap', fileOf(two([0, 4], [3, 8]), 8), 'safetensors-broken', /tensor b overlaps/],
    ['a gap', fileOf(two([0, 4], [5, 8]), 8), 'safetensors-broken', /gap before tensor b/],
    ['bytes left over', fileOf(two([0, 4], [4, 8]), 9), 'safetensors-broken', /1 bytes at its end/],
    [
      'a length that lies',
      fileOf({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4),
      'safetensors-broken',
      /needs 8 bytes but claims 4/,
    ],
    [
      'a shape beyond all numbers',
      fileOf({ a: { dtype: 'F32', shape: [9e15, 9e15], data_offsets: [0, 4] } }, 4),
      'safetensors-broken',
      /tensor a/,
    ],
    [
      'negative offsets',
      fileOf({ a: { dtype: 'U8', shape: [2], data_offsets: [-2, 0] } }, 0),
      'safetensors-broken',
      /no valid offsets/,
    ],
    [
      'an unknown element type',
      fileOf({ a: { dtype: 'Q3_Z', shape: [2], data_offsets: [0, 4] } }, 4),
      'safetensors-dtype',
      /Tensor a has the element type Q3_Z/,
    ],
  ]
  test.each(cases)('%s', (_name, bytes, code, text) => {
    expect(() => readSafetensors(memorySource(bytes))).toThrow(expect.objectContaining({ code }))
    expect(() => readSafetensors(memorySource(bytes))).toThrow(text)
  })
})
