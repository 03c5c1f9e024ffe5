import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  exportFormatNames,
  exportFormats,
  type ExportFormat,
} from '../../../src-main/contract/export-formats.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { readAdapterSettings } from '../../../src-main/core/vera/adapter-file.ts'
import type { ExportResult } from '../../../src-main/engine/contract.ts'
import { exportAdapter } from '../../../src-main/engine/export/export-adapter.ts'
import { finish, temporaryFolder, tinyChatModel } from '../tiny-chat-model.ts'
import { resources, writeAdapter } from './model-with-adapter.ts'

let modelDirectory: string
let adapterPath: string

beforeAll(async () => {
  modelDirectory = await tinyChatModel()
  const targets = ['q_proj', 'k_proj', 'v_proj', 'down_proj'] as const
  adapterPath = writeAdapter(modelDirectory, { targets }, 1, 1).path
})

function run(format: ExportFormat, path: string, strength = 1, signal = new AbortController().signal) {
  const adapter = { path: adapterPath, strength }
  return exportAdapter(resources)({ modelDirectory, adapter, format, name: 'Pim', path }, signal)
}

async function exported(format: ExportFormat, strength = 1): Promise<ExportResult> {
  const { events, result } = await finish(run(format, join(temporaryFolder(), 'out'), strength))
  expect(events.at(0)).toMatchObject({ phase: 'write' })
  expect(events.at(-1)).toEqual({ phase: 'check', share: 1 })
  return result
}

describe('every format says the same as the adapter', () => {
  test.each(exportFormatNames.filter((format) => exportFormats[format].isAdapter))('%s', async (format) => {
    const { path, sizeBytes, parity } = await exported(format)
    expect(existsSync(path)).toBe(true)
    expect(sizeBytes).toBeGreaterThan(1000)
    expect(parity).toMatchObject({ prompts: 5, sameChoices: 1 })
    expect(parity.tokens).toBeGreaterThan(50)
    expect(parity.largestDifference).toBeLessThan(1e-4)
    expect(parity.largestDivergence).toBeLessThan(1e-8)
  })
})

test('what each format holds', async () => {
  const peft = await exported('peft')
  expect(readdirSync(peft.path).toSorted()).toEqual(['adapter_config.json', 'adapter_model.safetensors'])
  const tensorsOf = async (format: ExportFormat) => {
    const { path } = await exported(format)
    return readSafetensors(memorySource(readFileSync(join(path, 'adapter_model.safetensors')))).tensors
  }
  expect((await tensorsOf('peft-with-projections')).has('base_model.vera_A')).toBe(true)
  expect([...(await tensorsOf('lora')).keys()][0]).toMatch(/lora_A\.weight$/)
  const { metadata, tensors } = readGguf(memorySource(readFileSync((await exported('gguf-lora')).path)))
  expect(metadata.get('adapter.lora.alpha')).toBe(8)
  expect([...tensors.keys()].slice(0, 2)).toEqual([
    'blk.0.attn_q.weight.lora_a',
    'blk.0.attn_q.weight.lora_b',
  ])
  const own = readFileSync((await exported('veranda')).path)
  expect(own.length).toBeLessThan(10_000)
  expect(readAdapterSettings(own)).toMatchObject({ rank: 8, projectionKey: 3 })
})

test('a strength becomes part of what is written', async () => {
  const vectors = async (strength: number) => {
    const { path, parity } = await exported('peft', strength)
    expect(parity.largestDifference).toBeLessThan(1e-4)
    const { tensors } = readSafetensors(memorySource(readFileSync(join(path, 'adapter_model.safetensors'))))
    const bytes = tensors.get('base_model.model.model.layers.0.self_attn.q_proj.vera_lambda_b')?.read()
    return new Float32Array(new Uint8Array(bytes ?? []).buffer)
  }
  expect(await vectors(0.5)).toEqual((await vectors(1)).map((value) => value / 2))
})

test('nothing that is there is written over, and nothing half-done stays', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'mine')
  mkdirSync(path)
  await expect(finish(run('peft', path))).rejects.toMatchObject({ code: 'file-exists' })
  const stop = new AbortController()
  stop.abort()
  const cancelled = finish(run('gguf-lora', join(folder, 'new'), 1, stop.signal))
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
  expect(readdirSync(folder)).toEqual(['mine'])
})

test('a folder that is not there, or takes nothing, is named', async () => {
  const folder = temporaryFolder()
  const nowhere = finish(run('peft', join(folder, 'nowhere', 'mine')))
  await expect(nowhere).rejects.toMatchObject({ code: 'folder-missing' })
  // Nothing is forbidden to the system's administrator, nor by Windows in this way.
  if (process.platform === 'win32' || process.getuid?.() === 0) return
  chmodSync(folder, 0o500)
  await expect(finish(run('peft', join(folder, 'mine')))).rejects.toMatchObject({
    code: 'folder-not-writable',
  })
  chmodSync(folder, 0o700)
})
