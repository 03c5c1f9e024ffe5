import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sourceBytes } from '../../src-main/app/models/source-size.ts'
import { writeGeneratedModel } from './generated-model.ts'
import { temporaryFolder } from './tiny-chat-model.ts'

const child = join(import.meta.dirname, 'children/import-child.ts')

/** By how much an import raises a fresh process's memory, and how large the model is, in bytes. */
async function importCost(layers: number, bits: '4' | null): Promise<{ raised: number; size: number }> {
  const folder = temporaryFolder()
  const target = join(folder, 'target')
  mkdirSync(target)
  const source = writeGeneratedModel(join(folder, 'source'), {
    hidden_size: 512,
    intermediate_size: 1024,
    num_hidden_layers: layers,
    num_attention_heads: 8,
    num_key_value_heads: 8,
    vocab_size: 2048,
  })
  const parameters = [child, source, target, ...(bits === null ? [] : [bits])]
  const printed = execFileSync(process.execPath, parameters, { encoding: 'utf8' })
  return { raised: Number(printed), size: await sourceBytes(source) }
}

// A model eight times as large takes hardly more memory: tensors come and go one by one, and what is not collected yet
// stays below half of what is added.
test.each([['as it is', null] as const, ['in 4 bits', '4'] as const])(
  'an import streams, the model %s',
  async (_how, bits) => {
    const small = await importCost(6, bits)
    const large = await importCost(48, bits)
    expect(large.size - small.size).toBeGreaterThan(200e6)
    expect(large.raised - small.raised).toBeLessThan((large.size - small.size) / 2)
  },
  120_000,
)
