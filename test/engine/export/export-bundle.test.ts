import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { defaultTrainingSettings } from '../../../src-main/app/personalize/default-settings.ts'
import { parsePeftConfig } from '../../../src-main/core/vera/peft-config.ts'
import type { OperationInput } from '../../../src-main/engine/contract.ts'
import { exportBundle } from '../../../src-main/engine/export/export-bundle.ts'
import { importModel } from '../../../src-main/engine/import-model.ts'
import { smallShape, writeGeneratedModel } from '../generated-model.ts'
import { engineResources, finish, temporaryFolder } from '../tiny-chat-model.ts'

const resources = engineResources()
let modelDirectory: string

beforeAll(async () => {
  modelDirectory = temporaryFolder()
  const input = {
    sourcePath: writeGeneratedModel(temporaryFolder()),
    targetDirectory: modelDirectory,
    name: 'generated',
  }
  await finish(importModel(resources)(input, new AbortController().signal))
})

function bundle(
  changes: Partial<OperationInput<'exportBundle'>> = {},
  signal = new AbortController().signal,
) {
  const input = {
    modelDirectory,
    settings: defaultTrainingSettings,
    files: { 'dataset.jsonl': '{}\n' },
    includesModel: true,
    path: join(temporaryFolder(), 'bundle'),
    ...changes,
  }
  return exportBundle(resources)(input, signal)
}

const textOf = (path: string, name: string): string => readFileSync(join(path, name), 'utf8')

test('a bundle is a folder with the adapter as PEFT is told of it, the numbers and the model', async () => {
  const settings = {
    ...defaultTrainingSettings,
    rank: 8,
    targets: ['q_proj', 'v_proj'] as const,
    layers: [1],
  }
  const { result, events } = await finish(bundle({ settings }))
  expect(events.at(-1)?.share).toBe(1)
  expect(readdirSync(result.path).toSorted()).toEqual([
    'adapter_config.json',
    'chat_template.jinja',
    'dataset.jsonl',
    'model',
    'training.json',
  ])
  expect(readdirSync(join(result.path, 'model'))).toContain('model.safetensors')
  expect(parsePeftConfig(textOf(result.path, 'adapter_config.json'))).toMatchObject({
    method: 'vera',
    rank: 8,
    targetModules: ['model.layers.1.self_attn.q_proj', 'model.layers.1.self_attn.v_proj'],
    projectionKey: settings.projectionKey,
    savesProjections: false,
  })
  expect(JSON.parse(textOf(result.path, 'training.json'))).toMatchObject({
    model: 'generated',
    learningRate: settings.learningRate,
    endTokenIds: [257],
    contextLength: 512,
  })
})

test('of a model with fused projections it adapts these', async () => {
  const modelDirectory = temporaryFolder()
  const shape = { ...smallShape, model_type: 'phi3', tie_word_embeddings: false }
  const sourcePath = writeGeneratedModel(temporaryFolder(), shape)
  const input = { sourcePath, targetDirectory: modelDirectory, name: 'fused' }
  await finish(importModel(resources)(input, new AbortController().signal))
  const settings = { ...defaultTrainingSettings, targets: ['q_proj', 'v_proj'] as const, layers: [0] }
  const { result } = await finish(bundle({ modelDirectory, settings, includesModel: false }))
  const config = parsePeftConfig(textOf(result.path, 'adapter_config.json'))
  expect(config.targetModules).toEqual(['model.layers.0.self_attn.qkv_proj'])
})

test('of a model without a chat template there is none: nothing could be learned', async () => {
  const modelDirectory = temporaryFolder()
  const sourcePath = join(import.meta.dirname, '../../golden/reference/gguf-quants/tiny-llama-tied-F16.gguf')
  const input = { sourcePath, targetDirectory: modelDirectory, name: 'plain' }
  await finish(importModel(resources)(input, new AbortController().signal))
  await expect(finish(bundle({ modelDirectory }))).rejects.toMatchObject({ code: 'model-without-chat' })
})

test('without the model it is small', async () => {
  const { result } = await finish(bundle({ includesModel: false }))
  expect(readdirSync(result.path)).not.toContain('model')
  expect(result.sizeBytes).toBeLessThan(10_000)
})

test('nothing half-done stays, and ranks that PEFT does not know are refused', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'bundle')
  const stop = new AbortController()
  const stream = bundle({ path }, stop.signal)
  await stream.next()
  stop.abort()
  await expect(stream.next()).rejects.toMatchObject({ code: 'cancelled' })
  const ranks = { ...defaultTrainingSettings, ranks: { '0': 4 } }
  await expect(finish(bundle({ path, settings: ranks }))).rejects.toMatchObject({ code: 'adapter-not-peft' })
  expect(readdirSync(folder)).toEqual([])
})
