import { describe, expect, it } from 'vitest'
import { splitDataset } from '../../../src-main/app/personalize/dataset.ts'

const examples = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: String(index), messages: [] }))
const sizes = (count: number, ratio: number) => {
  const { training, heldOut } = splitDataset(examples(count), ratio, 0)
  return [training.length, heldOut.length]
}

describe('the held-out share', () => {
  it('is what was asked for, but never all, and nothing of too few', () => {
    expect(sizes(10, 0)).toEqual([10, 0])
    expect(sizes(10, 0.2)).toEqual([8, 2])
    expect(sizes(10, 0.01)).toEqual([9, 1])
    expect(sizes(1, 0.5)).toEqual([1, 0])
    expect(sizes(4, 0.5)).toEqual([4, 0])
    expect(sizes(5, 0.01)).toEqual([4, 1])
  })

  it('is drawn by the seed alone, evenly', () => {
    const drawn = (seed: number) =>
      splitDataset(examples(20), 0.25, seed).heldOut.map((example) => example.id)
    expect(drawn(1)).toEqual(drawn(1))
    expect(drawn(1)).not.toEqual(drawn(2))
    const counts = new Array<number>(20).fill(0)
    for (let seed = 0; seed < 2000; seed++) {
      for (const id of drawn(seed)) counts[Number(id)] = (counts[Number(id)] ?? 0) + 1
    }
    // 2000 draws of 5 in 20: 500 each, with a standard deviation of about 19.
    expect(Math.min(...counts)).toBeGreaterThan(400)
    expect(Math.max(...counts)).toBeLessThan(600)
  })
})
