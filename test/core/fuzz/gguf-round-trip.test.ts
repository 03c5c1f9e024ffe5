/** Files of any content: what the writer is given, the reader gives back. */
import { expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import {
  type GgufEntry,
  type GgufTensorSource,
  writeGguf,
} from '../../../src-main/core/checkpoint/gguf-writer.ts'
import { tensorTypeNamed } from '../../../src-main/core/checkpoint/tensor-types.ts'
import { concat } from '../checkpoint/gguf-writer.ts'
import { randomFrom } from './random-from.ts'

const files = 3_000
const formats = ['F32', 'F16', 'BF16', 'Q4_0', 'Q4_1', 'Q8_0', 'Q6_K']

test('any metadata and tensors come back', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_124)
  const random = randomFrom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256))
  const text = (): string =>
    Array.from({ length: below(9) }, () => 'aß\u0000🙂. \n'.at(below(8)) ?? 'x')
      .join('')
      .toWellFormed()
  const list = <T>(make: () => T): T[] => Array.from({ length: below(5) }, make)
  const entry = (): GgufEntry => {
    switch (below(8)) {
      case 0:
        return { type: 'u32', value: below(2 ** 32) }
      case 1:
        return { type: 'f32', value: Math.fround(random() - 0.5) }
      case 2:
        return { type: 'bool', value: random() < 0.5 }
      case 3:
        // Beyond what a number holds: smaller ones are read as numbers.
        return { type: 'u64', value: 2n ** 63n + BigInt(below(1000)) }
      case 4:
        return { type: 'string', value: text() }
      case 5:
        return { type: 'strings', value: list(text) }
      case 6:
        return { type: 'i32s', value: list(() => below(2 ** 32) - 2 ** 31) }
      default:
        return { type: 'f32s', value: list(() => Math.fround(random())) }
    }
  }
  for (let file = 0; file < files; file++) {
    const metadata = new Map(list(() => `key ${below(1e6)}`).map((key) => [key, entry()]))
    const contents = new Map<string, Uint8Array>()
    const tensors = list((): GgufTensorSource => {
      const type = formats[below(formats.length)] ?? 'F32'
      const { blockSize, bytesPerBlock } = tensorTypeNamed(type)
      const shape = [...list(() => 1 + below(3)).slice(0, 3), blockSize * (1 + below(3))]
      const elements = shape.reduce((product, length) => product * length, 1)
      const content = bytes((elements / blockSize) * bytesPerBlock)
      const name = `tensor ${contents.size} ${text()}`
      contents.set(name, content)
      const cut = below(content.length)
      return { name, type, shape, pieces: () => [content.subarray(0, cut), content.subarray(cut)] }
    })
    const read = readGguf(memorySource(concat([...writeGguf(metadata, tensors)])))
    const where = `FUZZ_SEED=${seed}, file ${file}`
    expect(read.metadata, where).toEqual(new Map([...metadata].map(([key, { value }]) => [key, value])))
    expect([...read.tensors.keys()], where).toEqual([...contents.keys()])
    for (const { name, shape, type } of tensors) {
      const tensor = read.tensors.get(name)
      expect(tensor, where).toMatchObject({ shape, type: { name: type } })
      expect(
        Buffer.compare(tensor?.read() ?? new Uint8Array(0), contents.get(name) ?? new Uint8Array(0)),
      ).toBe(0)
    }
  }
})
