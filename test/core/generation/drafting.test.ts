import { describe, expect, test } from 'vitest'
import { Drafting } from '../../../src-main/core/generation/drafting.ts'
import { PromptLookup } from '../../../src-main/core/generation/prompt-lookup.ts'

describe('prompt lookup', () => {
  test('guesses what followed the last tokens before, by the latest place, and goes on past the end', () => {
    const lookup = new PromptLookup([1, 2, 3, 9, 1, 2, 4, 5])
    expect(lookup.matched).toBe(0)
    expect(lookup.guess(3)).toEqual([])
    lookup.push(1)
    lookup.push(2)
    expect(lookup.guess(2)).toEqual([4, 5])
    // After 4 5 1 2 comes what it guesses itself.
    expect(lookup.guess(6)).toEqual([4, 5, 1, 2, 4, 5])
    expect(lookup.matched).toBe(2)
    lookup.push(4)
    expect(lookup.matched).toBe(3)
    lookup.push(7)
    expect(lookup.matched).toBe(0)
  })
})

describe('drafting', () => {
  /** Steps of one token take 10 ms. */
  function drafting(): Drafting {
    const made = new Drafting(() => 0)
    for (let i = 0; i < 3; i++) made.measure(1, 10)
    return made
  }

  test('tries nothing before guesses were right and a step was measured, then more the surer it is', () => {
    const unmeasured = new Drafting(() => 0)
    for (let i = 0; i < 20; i++) unmeasured.judge(4, true)
    expect(unmeasured.draftLength(4, 8)).toBe(0)
    const measured = drafting()
    expect(measured.draftLength(4, 8)).toBe(0)
    for (let matched = 2; matched < 30; matched++) measured.judge(matched, true)
    expect(measured.draftLength(4, 8)).toBeGreaterThanOrEqual(2)
    for (let i = 0; i < 60; i++) measured.judge(16, true)
    expect(measured.draftLength(16, 8)).toBe(8)
    expect(measured.draftLength(16, 3)).toBe(3)
  })

  test('stops trying where guesses are wrong', () => {
    const measured = drafting()
    for (let i = 0; i < 20; i++) measured.judge(4, true)
    expect(measured.draftLength(4, 1)).toBe(1)
    for (let i = 0; i < 40; i++) measured.judge(4, false)
    expect(measured.draftLength(4, 8)).toBe(0)
  })

  test('stops trying where longer steps cost more than they bring, and forgets that in time', () => {
    const measured = drafting()
    for (let i = 0; i < 60; i++) for (const matched of [4, 6, 8, 12, 16]) measured.judge(matched, true)
    for (let i = 0; i < 20; i++) for (let k = 2; k < 10; k++) measured.measure(k, 10 * k * 1.3)
    expect(measured.draftLength(16, 8)).toBe(0)
    for (let i = 0; i < 3000; i++) measured.measure(1, 10)
    expect(measured.draftLength(16, 8)).toBe(8)
  })
})
