/** Damaged files of every kind that a person may open: each opens all the same, or is refused by a `Failure`. */
import { getHeapStatistics } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import { adapterTargets } from './adapter-targets.ts'
import { mutate } from './damage.ts'
import { modelTargets } from './model-targets.ts'
import { randomFrom } from './random-from.ts'
import { tokenizerTargets } from './tokenizer-targets.ts'

const targets = [...modelTargets, ...tokenizerTargets, ...adapterTargets]

/** Of one input, whose file has some kilobytes: with room for a busy machine. */
const longestMs = 10_000
const mostBytes = 2 ** 29

describe('damaged files', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_124)

  test.each(targets)('$name: opened or refused, never more', { timeout: 240_000 }, (target) => {
    target.open(target.seedFile)
    const random = randomFrom(seed)
    const { header = target.seedFile.length } = target
    const damage = target.damage ?? ((file: Uint8Array) => mutate(file, header, random))
    const heldBefore = heldBytes()
    let [refused, slowestMs, mostHeld] = [0, 0, 0]
    for (let input = 0; input < target.inputs; input++) {
      const damaged = damage(target.seedFile, random)
      const start = performance.now()
      try {
        target.open(damaged)
      } catch (error) {
        refused++
        if (!(error instanceof Failure) || error.code === '')
          throw new Error(`FUZZ_SEED=${seed}, input ${input} of ${target.name}`, { cause: error })
      }
      slowestMs = Math.max(slowestMs, performance.now() - start)
      // At once, before what it made can be collected.
      mostHeld = Math.max(mostHeld, heldBytes() - heldBefore)
    }
    console.log(
      `${target.name}: ${refused} of ${target.inputs} refused, slowest ${slowestMs.toFixed(0)} ms, ` +
        `${(mostHeld / 2 ** 20).toFixed(0)} MB held at most, FUZZ_SEED=${seed}`,
    )
    expect(refused).toBeGreaterThan(0)
    expect(slowestMs).toBeLessThan(longestMs)
    expect(mostHeld).toBeLessThan(mostBytes)
  })

  test('are a hundred thousand at least', () => {
    expect(targets.reduce((sum, { inputs }) => sum + inputs, 0)).toBeGreaterThanOrEqual(100_000)
  })
})

function heldBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
  return heap + external
}
