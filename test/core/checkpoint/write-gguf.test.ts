import { expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import {
  ggufDataBytes,
  type GgufEntry,
  type GgufTensorSource,
  writeGguf,
} from '../../../src-main/core/checkpoint/gguf-writer.ts'
import { concat, ggufOf } from './gguf-writer.ts'

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => index * 7)
const tensor = (
  name: string,
  type: string,
  shape: readonly number[],
  data: Uint8Array,
): GgufTensorSource => ({
  name,
  type,
  shape,
  pieces: () => [data.subarray(0, 5), data.subarray(5)],
})
const metadata = new Map<string, GgufEntry>([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['a.u32', { type: 'u32', value: 7 }],
  ['a.f32', { type: 'f32', value: 0.5 }],
  ['a.bool', { type: 'bool', value: true }],
  ['a.u64', { type: 'u64', value: 2n ** 63n }],
  ['a.strings', { type: 'strings', value: ['x', '', 'Grüße'] }],
  ['a.i32s', { type: 'i32s', value: [1, -2] }],
])
const tensors = [tensor('first', 'Q4_0', [3, 64], bytes(108)), tensor('second', 'F32', [5], bytes(20))]
const written = (): Uint8Array => concat([...writeGguf(metadata, tensors)])

test('byte for byte what the tests’ own writer gives', () => {
  expect(written()).toEqual(
    ggufOf(
      {
        'general.architecture': { type: 'string', value: 'llama' },
        'a.u32': { type: 'u32', value: 7 },
        'a.f32': { type: 'f32', value: 0.5 },
        'a.bool': { type: 'bool', value: 1 },
        'a.u64': { type: 'u64', value: 2n ** 63n },
        'a.strings': { type: 'strings', value: ['x', '', 'Grüße'] },
        'a.i32s': { type: 'i32s', value: [1, -2] },
      },
      {
        first: { type: 2, shape: [3, 64], bytes: bytes(108) },
        second: { type: 0, shape: [5], bytes: bytes(20) },
      },
    ),
  )
})

test('is read back as it was given', () => {
  const file = readGguf(
    memorySource(concat([...writeGguf(new Map([['f', { type: 'f32s', value: [0.5, -1] }]]), tensors)])),
  )
  expect(file.metadata.get('f')).toEqual([0.5, -1])
  expect(file.tensors.get('first')).toMatchObject({ shape: [3, 64], type: { name: 'Q4_0' } })
  expect(file.tensors.get('first')?.read()).toEqual(bytes(108))
  expect(file.tensors.get('second')?.read()).toEqual(bytes(20))
})

test('tells beforehand how much it writes', () => {
  const [header] = [...writeGguf(metadata, tensors)]
  expect(ggufDataBytes(tensors)).toBe(written().length - (header?.length ?? 0))
})

test.each([
  ['rows that are no whole blocks', tensor('odd', 'Q4_0', [2, 33], bytes(40)), /33 weights/],
  ['too few bytes', tensor('short', 'F32', [4], bytes(12)), /short has 12 bytes.*16/],
  ['an unknown type', tensor('strange', 'Q9', [4], bytes(12)), /Q9/],
])('refuses %s', (_name, source, message) => {
  expect(() => [...writeGguf(new Map(), [source])]).toThrow(message)
})
