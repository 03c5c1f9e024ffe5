/** What has an exact form in other programs as LoRA only: blends, and adapters of models with fused projections. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportFormatNames, exportFormats } from '../../../src-main/contract/export-formats.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { importAdapter } from '../../../src-main/engine/adapter-import/import-adapter.ts'
import { blendAdapters } from '../../../src-main/engine/blend-adapters.ts'
import { readAdapters } from '../../../src-main/engine/open-adapter.ts'
import { smallShape } from '../generated-model.ts'
import { finish, temporaryFolder } from '../tiny-chat-model.ts'
import {
  exported,
  type ModelWithAdapter,
  modelWithAdapter,
  resources,
  writeAdapter,
} from './model-with-adapter.ts'

const signal = new AbortController().signal

async function imported({ modelDirectory }: ModelWithAdapter, path: string) {
  const targetPath = join(temporaryFolder(), 'imported.safetensors')
  const { result } = await finish(importAdapter(resources)({ path, modelDirectory, targetPath }, signal))
  return { result, adapters: readAdapters(targetPath, resources.model(modelDirectory).folder).adapters }
}

function tensorsOf(path: string) {
  return readSafetensors(memorySource(readFileSync(join(path, 'adapter_model.safetensors')))).tensors
}

describe('a model with fused projections', () => {
  let phi3: ModelWithAdapter
  beforeAll(async () => {
    phi3 = await modelWithAdapter({ ...smallShape, model_type: 'phi3', tie_word_embeddings: false })
  })

  test('as LoRA of the fused matrices, which has the rank of its parts, and comes back', async () => {
    const { path, parity } = await exported(phi3, 'lora')
    expect(parity.largestDivergence).toBeLessThan(1e-8)
    const fused = 'base_model.model.model.layers.0.self_attn.qkv_proj'
    // 8 of q, 4 of k, 8 of v.
    expect(tensorsOf(path).get(`${fused}.lora_A.weight`)?.shape).toEqual([20, 64])
    expect(tensorsOf(path).get(`${fused}.lora_B.weight`)?.shape).toEqual([128, 20])
    const { adapters } = await imported(phi3, path)
    expect(adapters[0]?.layout.sites.map(({ kind, rank }) => `${kind} ${rank}`).slice(0, 7)).toEqual([
      'q_proj 8',
      'k_proj 4',
      'v_proj 8',
      'o_proj 8',
      'gate_proj 8',
      'up_proj 8',
      'down_proj 8',
    ])
  })

  test('as llama.cpp has it', async () => {
    const { path, parity } = await exported(phi3, 'gguf-lora')
    expect(parity.largestDivergence).toBeLessThan(1e-8)
    const { tensors } = readGguf(memorySource(readFileSync(path)))
    expect(tensors.get('blk.1.attn_qkv.weight.lora_b')?.shape).toEqual([128, 24])
    expect(tensors.get('blk.1.ffn_up.weight.lora_a')?.shape).toEqual([16, 64])
  })

  test('no VeRA of the fused matrix does it', async () => {
    const refused = { code: 'adapter-not-portable' }
    await expect(exported(phi3, 'peft')).rejects.toMatchObject(refused)
    await expect(exported(phi3, 'peft-with-projections')).rejects.toMatchObject(refused)
  })
})

describe('a blend', () => {
  let blend: ModelWithAdapter
  beforeAll(async () => {
    const { modelDirectory, adapter } = await modelWithAdapter({
      ...smallShape,
      attention_bias: true,
      tie_word_embeddings: false,
    })
    const other = writeAdapter(
      modelDirectory,
      { rank: 3, projectionKey: 9, targets: ['q_proj', 'down_proj'], layers: [1] },
      2,
    )
    const lora = writeAdapter(modelDirectory, { method: 'lora', rank: 2, alpha: 1, targets: ['v_proj'] }, 3)
    const targetPath = join(temporaryFolder(), 'blend.safetensors')
    const adapters = [{ ...adapter, strength: 0.5 }, { ...other, strength: 0.4 }, lora]
    await finish(blendAdapters(resources)({ modelDirectory, adapters, targetPath }, signal))
    blend = { modelDirectory, adapter: { path: targetPath, strength: 0.9 } }
  })

  test.each(exportFormatNames.filter((format) => exportFormats[format].isAdapter && format !== 'gguf-lora'))(
    'says the same as %s, and comes back',
    async (format) => {
      const { path, parity } = await exported(blend, format)
      expect(parity.largestDivergence).toBeLessThan(1e-8)
      const { adapters } = await imported(blend, path)
      expect(adapters.length).toBe(format === 'veranda' ? 3 : 1)
    },
  )

  test('has the ranks of its parts in sum, and their biases', async () => {
    const tensors = tensorsOf((await exported(blend, 'lora')).path)
    const rankOf = (module: string) =>
      tensors.get(`base_model.model.model.layers.${module}.lora_A.weight`)?.shape[0]
    expect(rankOf('1.self_attn.q_proj')).toBe(8 + 3)
    expect(rankOf('0.self_attn.q_proj')).toBe(8)
    expect(rankOf('0.self_attn.v_proj')).toBe(8 + 2)
    expect(rankOf('0.self_attn.k_proj')).toBe(4)
    expect(tensors.has('base_model.model.model.layers.0.self_attn.k_proj.base_layer.bias')).toBe(true)
  })

  test('merges', async () => {
    for (const format of ['safetensors', 'gguf:F16'] as const) {
      const { parity, withoutAdapter } = await exported(blend, format)
      expect(parity.largestDivergence, format).toBeLessThan(1e-5)
      expect(withoutAdapter?.meanDivergence, format).toBeGreaterThan(0.01)
    }
  })
})
