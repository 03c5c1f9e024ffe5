import { describe, expect, it } from 'vitest'
import { type CatalogueModel, readCatalogue } from '../../../src-main/app/models/catalogue.ts'
import {
  bytesNeeded,
  machineMemoryBytes,
  memoryOf,
  type SizedModel,
} from '../../../src-main/app/models/memory-needed.ts'

const gigabyte = 1e9
const resources = new URL('../../../resources', import.meta.url).pathname

function sized(entry: CatalogueModel): SizedModel {
  const { name, parameterCount, shape, file } = entry
  const weightBytes = file.importedBytes
  return { name, parameterCount, shape, weightBytes, installed: false, measuredTrainingBytes: null }
}

async function fits(id: string, machineBytes: number) {
  const entry = (await readCatalogue(resources)).find((model) => model.id === id)
  if (entry === undefined) throw new Error(`The catalogue has no ${id}.`)
  return memoryOf(sized(entry), machineBytes)
}

describe('the memory that a model needs', () => {
  it('is at least its weights and a conversation', async () => {
    const { chatBytes, trainingBytes } = await fits('llama-3.1-8b-instruct', 16 * gigabyte)
    // 32 layers · 8 heads · 128 · keys and values in float32, 4,096 tokens.
    expect(chatBytes).toBeGreaterThan(6.6e9 + 32 * 8 * 128 * 2 * 4 * 4096)
    expect(trainingBytes).toBeGreaterThan(7e9)
    expect(chatBytes).toBeLessThan(9 * gigabyte)
  })

  it('of the default model is what was measured for it, with room to spare', async () => {
    const { chatBytes, trainingBytes } = await fits('smollm2-135m-instruct', 4 * gigabyte)
    expect(chatBytes).toBeGreaterThan(446e6)
    expect(chatBytes).toBeLessThan(0.8 * gigabyte)
    expect(trainingBytes).toBeLessThan(1.2 * gigabyte)
  })

  it('fits or does not, beside what other programs take', async () => {
    expect((await fits('smollm2-135m-instruct', 4 * gigabyte)).fits).toBe('both')
    expect((await fits('llama-3.1-8b-instruct', 8 * gigabyte)).fits).toBe('none')
    expect((await fits('llama-3.1-8b-instruct', 16 * gigabyte)).fits).toBe('both')
    // Its many heads make its conversations larger than its trainings.
    expect((await fits('smollm2-1.7b-instruct', 4.5 * gigabyte)).fits).toBe('training')
  })

  it('is what a training took here, once one was', async () => {
    const [entry] = await readCatalogue(resources)
    if (entry === undefined) throw new Error('The catalogue is empty.')
    const measured = { ...sized(entry), measuredTrainingBytes: 777e6 }
    expect(bytesNeeded(measured)).toMatchObject({ trainingBytes: 777e6, isMeasured: true })
    const [full, halves] = [bytesNeeded(measured, 4), bytesNeeded(measured, 2)]
    expect([full.isMeasured, halves.isMeasured]).toEqual([false, false])
    expect(full.trainingBytes - halves.trainingBytes).toBe(2 * entry.parameterCount)
  })

  it('of a model whose layers are not known is about that of its size', async () => {
    for (const entry of await readCatalogue(resources)) {
      const [known, guessed] = [bytesNeeded(sized(entry)), bytesNeeded({ ...sized(entry), shape: null })]
      expect(guessed.chatBytes / known.chatBytes).toBeGreaterThan(0.6)
      expect(guessed.chatBytes / known.chatBytes).toBeLessThan(1.5)
    }
  })

  it('is compared with what this machine has', () => {
    expect(machineMemoryBytes()).toBeGreaterThan(0)
    expect(Number.isSafeInteger(machineMemoryBytes())).toBe(true)
  })
})
