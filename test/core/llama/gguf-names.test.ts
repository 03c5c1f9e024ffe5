import { describe, expect, test } from 'vitest'
import { architectureOf, ggufArchitectureOf } from '../../../src-main/core/llama/architectures.ts'
import { configFromHuggingFace } from '../../../src-main/core/llama/config-from-huggingface.ts'
import { halvesToPairs, pairsToHalves } from '../../../src-main/core/llama/rotary-rows.ts'
import { expectedShapes, ggufName, huggingFaceName } from '../../../src-main/core/llama/tensor-names.ts'
import { referenceJson } from '../reference-data.ts'

describe('GGUF names', () => {
  test('lead back to every tensor of a model', () => {
    const config = configFromHuggingFace(referenceJson('tiny-llama/untied-llama3/config.json'))
    for (const [name] of expectedShapes({ ...config, attentionBias: true, queryKeyNorm: true })) {
      expect(huggingFaceName(ggufName(name, architectureOf('llama')) ?? '', architectureOf('llama'))).toBe(
        name,
      )
    }
  })

  test.each(['model.layers.0.self_attn.rotary_emb.weight', 'x', 'model.layers.0.mlp.gate_proj'])(
    '%s has none',
    (name) => expect(ggufName(name, architectureOf('llama'))).toBeNull(),
  )

  test('Mistral’s files are those of a llama', () => {
    expect(ggufArchitectureOf('mistral')).toMatchObject({ name: 'llama', architecture: { pairedRows: true } })
    expect(ggufArchitectureOf('qwen3')).toMatchObject({ name: 'qwen3', architecture: { pairedRows: false } })
  })
})

test('rows of halves and of pairs', () => {
  // Two heads of four rows of two bytes, each row with its number.
  const rows = (...numbers: number[]) => Uint8Array.from(numbers.flatMap((number) => [number, number]))
  const halves = rows(0, 1, 2, 3, 4, 5, 6, 7)
  const pairs = rows(0, 2, 1, 3, 4, 6, 5, 7)
  expect(halvesToPairs(halves, 2, 4)).toEqual(pairs)
  expect(pairsToHalves(pairs, 2, 4)).toEqual(halves)
  const six = rows(0, 1, 2, 3, 4, 5)
  expect(halvesToPairs(six, 1, 6)).toEqual(rows(0, 3, 1, 4, 2, 5))
  expect(pairsToHalves(halvesToPairs(six, 1, 6), 1, 6)).toEqual(six)
})
