import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ExportFormat } from '../../../src-main/contract/export-formats.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { exportAdapter } from '../../../src-main/engine/export/export-adapter.ts'
import { readModelFolder } from '../../../src-main/engine/model-folder.ts'
import { mergedSafetensors } from '../../../src-main/engine/export/merged-safetensors.ts'
import { type GeneratedShape, otherShapes, smallShape } from '../generated-model.ts'
import { temporaryFolder } from '../tiny-chat-model.ts'
import { importInto } from '../../reference/imported-model.ts'
import { exported, modelWithAdapter, resources, writeAdapter } from './model-with-adapter.ts'

const shapes: Readonly<Record<string, GeneratedShape>> = {
  llama: smallShape,
  'llama with biases': { ...smallShape, attention_bias: true, mlp_bias: true, tie_word_embeddings: false },
  'llama 3 rope': {
    ...smallShape,
    rope_theta: 500_000,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    },
  },
  'llama 3 rope of another length': { ...otherShapes['llama 3 rope'], tie_word_embeddings: false },
  'llama yarn': {
    ...smallShape,
    rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 128 },
  },
  mistral: { ...smallShape, model_type: 'mistral', sliding_window: 24 },
  qwen2: { ...smallShape, model_type: 'qwen2' },
  qwen3: { ...smallShape, model_type: 'qwen3', head_dim: 32 },
  smollm3: { ...smallShape, model_type: 'smollm3', num_hidden_layers: 4 },
  phi3: otherShapes.phi3,
  'phi3 long rope': {
    ...otherShapes.phi3,
    original_max_position_embeddings: 128,
    rope_scaling: {
      type: 'longrope',
      short_factor: [1, 1.05, 1.1, 1.2, 1.5, 2, 3, 4],
      long_factor: [1, 2, 3, 4, 5, 6, 7, 8],
    },
  },
  gemma: otherShapes.gemma,
  gemma2: { ...otherShapes.gemma2, num_hidden_layers: 3 },
  gemma3: otherShapes.gemma3,
}

describe('a merged model, read again, says what the adapter says', () => {
  for (const [name, shape] of Object.entries(shapes)) {
    test(`${name}: as safetensors and as GGUF`, async () => {
      const given = await modelWithAdapter(shape)
      for (const format of ['safetensors', 'gguf:F16'] as const) {
        const { parity, withoutAdapter } = await exported(given, format)
        expect(parity.largestDivergence, format).toBeLessThan(1e-5)
        // The adapter does change something.
        expect(withoutAdapter?.meanDivergence, format).toBeGreaterThan(0.01)
      }
    })
  }

  test('in fewer bits it is further away, and the numbers say how far', async () => {
    const given = await modelWithAdapter(smallShape)
    const divergence = async (format: ExportFormat): Promise<number> =>
      (await exported(given, format)).parity.meanDivergence
    const [half, eight, four] = [
      await divergence('gguf:F16'),
      await divergence('gguf:Q8_0'),
      await divergence('gguf:Q4_1'),
    ]
    expect(half).toBeLessThan(eight)
    expect(eight).toBeLessThan(four)
    expect(await divergence('gguf:Q4_0')).toBeGreaterThan(eight)
  })

  test('over 4-bit weights, too', async () => {
    const passage = 'It was a bright cold day in April, and the clocks were striking. '.repeat(4)
    const given = await modelWithAdapter(smallShape, { bits: 4, passage })
    for (const format of ['safetensors', 'gguf:F16'] as const) {
      expect((await exported(given, format)).parity.largestDivergence).toBeLessThan(1e-5)
    }
  })
})

test('what a GGUF file says of itself', async () => {
  const { path, sizeBytes } = await exported(await modelWithAdapter(smallShape), 'gguf:Q8_0')
  const { metadata, tensors } = readGguf(memorySource(readFileSync(path)))
  expect(Object.fromEntries([...metadata].filter(([key]) => key.startsWith('general.')))).toEqual({
    'general.architecture': 'llama',
    'general.type': 'model',
    'general.name': 'Pim',
    'general.file_type': 7,
    'general.quantization_version': 2,
  })
  expect(metadata.get('tokenizer.ggml.eos_token_id')).toBe(257)
  expect(String(metadata.get('tokenizer.chat_template'))).toContain('add_generation_prompt')
  const typeOf = (name: string) => tensors.get(name)?.type.name
  expect(typeOf('blk.0.attn_q.weight')).toBe('Q8_0')
  expect(typeOf('blk.0.attn_norm.weight')).toBe('F32')
  expect(sizeBytes).toBe(readFileSync(path).length)
})

test('a model without a tokenizer is written as one, and comes back', async () => {
  const modelDirectory = temporaryFolder()
  const sourcePath = new URL('../../golden/reference/tiny-llama/untied-llama3', import.meta.url).pathname
  await importInto(modelDirectory, sourcePath)
  const given = { modelDirectory, adapter: writeAdapter(modelDirectory, { rank: 4 }) }
  for (const format of ['gguf:F16', 'safetensors'] as const) {
    const { path, parity } = await exported(given, format)
    expect(parity.largestDivergence, format).toBeLessThan(0.01)
    const again = temporaryFolder()
    await importInto(again, path)
    expect(readModelFolder(again).tokenizer).toBeNull()
  }
})

test('a config.json has fractions where transformers takes nothing else', async () => {
  const gemma2 = shapes['gemma2'] ?? expect.fail('no shape')
  const { path } = await exported(await modelWithAdapter(gemma2), 'safetensors')
  const text = readFileSync(join(path, 'config.json'), 'utf8')
  for (const line of [
    '"final_logit_softcapping": 30.0,',
    '"attn_logit_softcapping": 50.0,',
    '"rope_theta": 10000.0,',
    '"query_pre_attn_scalar": 16,',
    '"torch_dtype": "bfloat16"',
  ])
    expect(text).toContain(line)
})

test('a folder of shards', async () => {
  const given = await modelWithAdapter(smallShape)
  const whole = await exported(given, 'safetensors')
  expect(readdirSync(whole.path).toSorted()).toEqual([
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  const model = resources.model(given.modelDirectory)
  const path = join(temporaryFolder(), 'sharded')
  const exporter = mergedSafetensors(60_000)
  const source = { model, adapters: [], origin: { name: 'base' } }
  for await (const share of exporter.write(source, path, resources)) expect(share).toBeLessThanOrEqual(1)
  const shards = readdirSync(path).filter((name) => /^model-0000\d-of-0000\d\.safetensors$/.test(name))
  expect(shards.length).toBeGreaterThan(2)
  const index = JSON.parse(readFileSync(join(path, 'model.safetensors.index.json'), 'utf8')) as {
    readonly weight_map: Readonly<Record<string, string>>
  }
  expect(new Set(Object.values(index.weight_map))).toEqual(new Set(shards))
  const opened = await exporter.open(source, path, resources)
  const logits = await opened.logits([5, 6, 7])
  expect(logits.length).toBe(3 * 258)
  await opened.close()
})

test('nothing half-done stays', async () => {
  const given = await modelWithAdapter(smallShape)
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'mine'))
  const stop = new AbortController()
  const stream = exportAdapter(resources)(
    { ...given, format: 'safetensors', name: 'Pim', path: join(folder, 'new') },
    stop.signal,
  )
  await stream.next()
  expect(existsSync(join(folder, 'new.part'))).toBe(true)
  stop.abort()
  await expect(stream.next()).rejects.toMatchObject({ code: 'cancelled' })
  expect(readdirSync(folder)).toEqual(['mine'])
})
