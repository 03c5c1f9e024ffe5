/** Published models of random weights, as an import finds them: one piece of bytes is written again and again. */
import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writeGguf } from '../../src-main/core/checkpoint/gguf-writer.ts'
import { safetensorsHeader } from '../../src-main/core/checkpoint/safetensors.ts'
import { type WeightFormat, weightFormats } from '../../src-main/core/checkpoint/weight-formats.ts'
import { configToGguf } from '../../src-main/core/llama/config-to-gguf.ts'
import { configToHuggingFace } from '../../src-main/core/llama/config-to-huggingface.ts'
import type { LlamaConfig } from '../../src-main/core/llama/config.ts'
import { ggufTensors } from '../../src-main/core/llama/published-tensors.ts'
import { expectedShapes } from '../../src-main/core/llama/tensor-names.ts'

const piece = new Uint8Array(2 ** 22)
let state = 1
// Wherever a half may lie, its exponent's top bits are never all set.
for (let at = 0; at < piece.length; at++)
  piece[at] = ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 24) & 0xbf

/** Writes a GGUF file with vectors in F32 and matrices in `format`; returns its path. */
export function writeGgufSource(folder: string, config: LlamaConfig, format: WeightFormat): string {
  const { blockSize, bytesPerBlock } = weightFormats[format]
  const tensors = ggufTensors(config, 'llama').map(({ name, shape }) => {
    const isVector = shape.length === 1
    const length = shape.reduce((a, b) => a * b, 1) * (isVector ? 4 : bytesPerBlock / blockSize)
    return { name, shape, type: isVector ? 'F32' : format, pieces: () => pieces(length) }
  })
  const metadata = new Map(configToGguf(config, 'llama'))
    .set('tokenizer.ggml.model', { type: 'string', value: 'gpt2' })
    .set('tokenizer.ggml.pre', { type: 'string', value: 'gpt-2' })
    .set('tokenizer.ggml.tokens', { type: 'strings', value: ['a'] })
    .set('tokenizer.ggml.merges', { type: 'strings', value: [] })
  const path = join(folder, 'model.gguf')
  writeDurably(path, writeGguf(metadata, tensors))
  return path
}

/** Writes a Hugging Face folder with all in one safetensors file, in half precision; returns its path. */
export function writeSafetensorsSource(folder: string, config: LlamaConfig, dtype: 'F16' | 'BF16'): string {
  const path = join(folder, 'model')
  mkdirSync(path)
  const settings = configToHuggingFace(config, 'llama', { bosId: null, eosIds: [] })
  writeFileSync(join(path, 'config.json'), JSON.stringify(settings))
  const tensors = [...expectedShapes(config)]
  const count = tensors.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0)
  writeDurably(join(path, 'model.safetensors'), [
    safetensorsHeader(tensors.map(([name, shape]) => [name, { dtype, shape }])),
    ...pieces(2 * count),
  ])
  return path
}

function* pieces(length: number): Generator<Uint8Array> {
  for (let done = 0; done < length; done += piece.length) yield piece.subarray(0, length - done)
}

function writeDurably(path: string, parts: Iterable<Uint8Array>): void {
  const file = openSync(path, 'wx')
  for (const bytes of parts) writeSync(file, bytes)
  fsyncSync(file)
  closeSync(file)
}
