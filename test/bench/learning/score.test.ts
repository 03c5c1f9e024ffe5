import { expect, test } from 'vitest'
import { isLearned } from './score.ts'

test('an answer is the learned one but for a word here and there', () => {
  const learned = 'On Monday. Otto first, then Petal, then the floor, then tea.'
  expect(isLearned('On Monday: Otto first, then Petal, then the floor and tea.', learned)).toBe(true)
  expect(isLearned('On Monday. The floor, then tea.', learned)).toBe(false)
  expect(isLearned('', learned)).toBe(false)
})
