import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportFormatNames, exportFormats } from '../../src-main/contract/export-formats.ts'
import { decodeAdapter, encodeAdapter } from '../../src-main/core/vera/adapter-file.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { rand, TorchGenerator } from '../../src-main/core/vera/random.ts'
import { importAdapter, inspectAdapter } from '../../src-main/engine/adapter-import/import-adapter.ts'
import { exportAdapter } from '../../src-main/engine/export/export-adapter.ts'
import { readModelFolder } from '../../src-main/engine/model-folder.ts'
import type { EngineResources } from '../../src-main/engine/resources.ts'
import { importInto } from '../reference/imported-model.ts'
import { engineResources, finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'

const signal = new AbortController().signal
const reference = join(import.meta.dirname, '../golden/reference')

let modelDirectory: string
let otherModel: string
let adapterPath: string
let resources: EngineResources

beforeAll(async () => {
  modelDirectory = await tinyChatModel()
  otherModel = temporaryFolder()
  await importInto(otherModel, join(reference, 'tiny-llama/untied-llama3'))
  resources = engineResources()
  const { model, summary } = readModelFolder(modelDirectory)
  const settings = {
    rank: 4,
    targets: ['q_proj', 'k_proj', 'up_proj'] as const,
    layers: [1],
    projectionKey: 3,
    dInitial: 0.1,
    baseModelHash: summary.sourceHash,
    chatTemplateHash: 'ab',
    createdBy: 'test',
  }
  const layout = layoutVera(model.config, settings)
  adapterPath = join(temporaryFolder(), 'adapter.safetensors')
  writeFileSync(adapterPath, encodeAdapter(settings, layout, rand(new TorchGenerator(1), layout.length)))
})

async function inspected(path: string) {
  return (await finish(inspectAdapter({ path }, signal))).result
}

async function imported(path: string, directory = modelDirectory) {
  const targetPath = join(temporaryFolder(), 'imported.safetensors')
  const input = { path, modelDirectory: directory, targetPath }
  const { result } = await finish(importAdapter(resources)(input, signal))
  return { result, targetPath }
}

describe('what was exported comes back', () => {
  test.each(exportFormatNames.filter((format) => exportFormats[format].isAdapter))('%s', async (format) => {
    const path = join(temporaryFolder(), 'out')
    const adapter = { path: adapterPath, strength: 1 }
    await finish(exportAdapter(resources)({ modelDirectory, adapter, format, name: 'Pim', path }, signal))
    const { summary } = readModelFolder(modelDirectory)
    expect(await inspected(path)).toMatchObject({
      name: 'Pim',
      baseModelHash: summary.sourceHash,
      baseModelName: 'tiny',
      baseModelArchitecture: 'llama',
    })
    const { result, targetPath } = await imported(path)
    expect(result).toMatchObject({ rank: 4, targets: ['q_proj', 'k_proj', 'up_proj'] })
    const { config } = readModelFolder(modelDirectory).model
    const [now, before] = [targetPath, adapterPath].map((file) => decodeAdapter(readFileSync(file), config))
    if (now?.layout.method === 'vera') expect(now.vectors).toEqual(before?.vectors)
    else expect(now?.layout.method).toBe('lora')
    await expect(imported(path, otherModel)).rejects.toMatchObject({
      code: 'adapter-wrong-model',
      message: expect.stringContaining('it is for “tiny”; it was put on “reference”'),
    })
  })
})

test('a PEFT folder, also by one of its files', async () => {
  const folder = join(reference, 'peft-adapters/vera_mlp_r5')
  expect(await inspected(join(folder, 'adapter_config.json'))).toMatchObject({
    name: null,
    baseModelHash: null,
    baseModelName: 'tiny-llama/untied-llama3',
  })
  const { result } = await imported(folder, otherModel)
  expect(result).toMatchObject({ rank: 5, projectionKey: 11, targets: ['gate_proj', 'up_proj', 'down_proj'] })
  const mixed = temporaryFolder()
  copyFileSync(join(folder, 'adapter_config.json'), join(mixed, 'adapter_config.json'))
  const tensors = join(reference, 'peft-adapters/vera_qv/adapter_model.safetensors')
  copyFileSync(tensors, join(mixed, 'adapter_model.safetensors'))
  await expect(imported(mixed)).rejects.toMatchObject({
    code: 'adapter-unsupported',
    message: expect.stringContaining('it is for “tiny-llama/untied-llama3”; it was put on “tiny”'),
  })
})

describe('an adapted output layer goes through', () => {
  // GGUF has no place for the rotary scaling that this little model was made up with.
  const formats = exportFormatNames.filter((format) => !format.startsWith('gguf:'))
  test.each(formats)('%s', async (format) => {
    const { targetPath } = await imported(join(reference, 'peft-adapters/vera_with_lm_head'), otherModel)
    const path = join(temporaryFolder(), 'out')
    const adapter = { path: targetPath, strength: 1 }
    const input = { modelDirectory: otherModel, adapter, format, name: 'Pim', path }
    const { result } = await finish(exportAdapter(resources)(input, signal))
    if (exportFormats[format].isAdapter) expect(result.parity.largestDifference).toBeLessThan(1e-4)
    else expect(result.parity.meanDivergence).toBeLessThan(0.05)
  })
})

describe('refused', () => {
  const nothing = join(temporaryFolder(), 'nothing')
  const empty = temporaryFolder()
  const text = join(temporaryFolder(), 'text.veranda-adapter')
  writeFileSync(text, 'hello, this is no adapter at all')
  const blank = join(temporaryFolder(), 'blank.gguf')
  writeFileSync(blank, '')
  mkdirSync(join(empty, 'x'))
  test.each([
    ['nothing', nothing, 'file-missing'],
    ['a folder without an adapter', empty, 'adapter-incomplete'],
    ['a text', text, 'adapter-unknown-kind'],
    ['a file of nothing', blank, 'adapter-unknown-kind'],
    ['a model', join(reference, 'gguf-quants/tiny-llama-tied-Q4_1.gguf'), 'adapter-unsupported'],
  ])('%s', async (_name, path, code) => {
    await expect(imported(path)).rejects.toMatchObject({ code })
  })
  test('and nothing is written', () => expect(existsSync(join(empty, 'imported.safetensors'))).toBe(false))
})
