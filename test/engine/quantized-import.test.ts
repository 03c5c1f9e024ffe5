import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inEnglish } from '../../src-main/contract/sentence.ts'
import type { ModelSummary, Quantizing } from '../../src-main/engine/contract.ts'
import { FileWeights } from '../../src-main/engine/file-weights.ts'
import { importModel } from '../../src-main/engine/import-model.ts'
import { readModelFolder, weightsFile } from '../../src-main/engine/model-folder.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { smallShape, writeGeneratedModel } from './generated-model.ts'
import { finish, temporaryFolder } from './tiny-chat-model.ts'

const codecs = loadCodecs()
const background = onnxRuntime({ threads: 1 })
const passage = 'It was a bright cold day in April, and the clocks were striking. '.repeat(12)
const gguf = new URL('../golden/reference/gguf-quants/tiny-llama-tied-Q4_1.gguf', import.meta.url).pathname

async function imported(
  sourcePath: string,
  quantize: Quantizing | null,
  name = 'generated',
): Promise<{ readonly directory: string; readonly summary: ModelSummary; readonly shares: number[] }> {
  const directory = temporaryFolder()
  const input = { sourcePath, targetDirectory: directory, name, quantize }
  const stream = importModel({ codecs, background })(input, new AbortController().signal)
  const { events, result } = await finish(stream)
  return { directory, summary: result, shares: events.map((event) => event.doneBytes / event.totalBytes) }
}

function weightsOf(directory: string): FileWeights {
  return new FileWeights(readModelFolder(directory).model, join(directory, weightsFile), codecs, null)
}

describe('a float model quantised at its import', () => {
  const source = writeGeneratedModel(temporaryFolder())

  test.each([4, 8] as const)(
    'has %d-bit matrices near the float ones, and says what that cost',
    async (bits) => {
      const plain = await imported(source, null)
      const { directory, summary, shares } = await imported(source, { bits, passage })
      const { weights } = readModelFolder(directory).model
      const stored = (name: string): unknown => {
        const weight = weights[name]
        return weight?.kind === 'blocks' ? weight.bits : weight?.dtype
      }
      expect(stored('model.layers.0.self_attn.q_proj.weight')).toBe(bits)
      expect(stored('model.layers.1.mlp.down_proj.weight')).toBe(bits)
      expect(stored('model.embed_tokens.weight')).toBe(8)
      expect(stored('model.norm.weight')).toBe('float16')
      expect(summary.sizeBytes).toBeLessThan(plain.summary.sizeBytes)
      expect(summary.sourceHash).toBe(plain.summary.sourceHash)

      const [before, after] = [weightsOf(plain.directory), weightsOf(directory)]
      const name = 'model.layers.0.mlp.gate_proj.weight'
      const [exact, rounded] = [new Float32Array(160 * 64), new Float32Array(160 * 64)]
      before.read(name, exact)
      after.read(name, rounded)
      const furthest = Math.max(...exact.map((weight, index) => Math.abs(weight - (rounded[index] ?? NaN))))
      // Half a step of a block that spans ±0.05.
      expect(furthest).toBeLessThan(bits === 4 ? 0.1 / 15 / 1.9 : 0.05 / 127 / 1.9)
      expect(furthest).toBeGreaterThan(0)
      before.close()
      after.close()

      const quantization = inEnglish(summary.quantization)
      const [, from, to] = /perplexity ([\d.]+) → ([\d.]+) on a fixed text$/.exec(quantization) ?? []
      expect(quantization).toContain(bits === 4 ? '4 bits 84%, 8 bits 16%, from F16' : '8 bits, from F16')
      expect(from).not.toBe(to)
      // Random weights know nothing: about as many choices as there are tokens, whatever the rounding.
      expect(Number(from)).toBeGreaterThan(200)
      expect(Math.abs(Number(to) / Number(from) - 1)).toBeLessThan(0.02)
      expect(shares).toEqual(shares.toSorted((a, b) => a - b))
      expect(shares.at(-1)).toBe(1)
    },
  )
})

test('a cancel is heard while it measures', async () => {
  const source = writeGeneratedModel(temporaryFolder())
  const stop = new AbortController()
  const input = {
    sourcePath: source,
    targetDirectory: temporaryFolder(),
    name: 'generated',
    quantize: { bits: 4, passage } as const,
  }
  const running = finish(importModel({ codecs, background })(input, stop.signal), (event) => {
    // The files' second half is measuring.
    if (event.doneBytes > event.totalBytes / 2) stop.abort()
  })
  await expect(running).rejects.toMatchObject({ code: 'import-cancelled' })
})

test('rows that do not divide into blocks stay floats', async () => {
  const source = writeGeneratedModel(temporaryFolder(), { ...smallShape, intermediate_size: 100 })
  const { directory } = await imported(source, { bits: 4, passage })
  const { weights } = readModelFolder(directory).model
  expect(weights['model.layers.0.mlp.down_proj.weight']).toMatchObject({ kind: 'dense', dtype: 'float16' })
  expect(weights['model.layers.0.mlp.up_proj.weight']).toMatchObject({ kind: 'blocks', bits: 4 })
})

test('a model that is quantised already is refused, with what it is', async () => {
  await expect(imported(gguf, { bits: 8, passage })).rejects.toMatchObject({
    code: 'nothing-to-quantize',
    message: expect.stringContaining('Q4_1'),
  })
})

test('a file that is named by its checksum is called what it calls itself', async () => {
  const nameOf = async (name: string) => (await imported(gguf, null, name)).summary.name
  expect(await nameOf(`sha256-${'0a'.repeat(32)}`)).toBe('tiny-llama')
  expect(await nameOf('0a'.repeat(32))).toBe('tiny-llama')
  expect(await nameOf('deadbeef')).toBe('deadbeef')
})
