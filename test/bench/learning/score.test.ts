import { expect, test } from 'vitest'
import { holdsKeys, isLearned } from './score.ts'

test('an answer is right if every key is in it as whole words, in any case', () => {
  const keyed = { question: '', keys: ['half past nine', 'seven|7'] }
  expect(holdsKeys('At HALF PAST  nine, all 7 days.', keyed)).toBe(true)
  expect(holdsKeys('At half past nine, all 17 days.', keyed)).toBe(false)
  expect(holdsKeys('At nine, seven days.', keyed)).toBe(false)
})

test('an answer is the learned one but for a word here and there', () => {
  const learned = 'On Monday. Otto first, then Petal, then the floor, then tea.'
  expect(isLearned('On Monday: Otto first, then Petal, then the floor and tea.', learned)).toBe(true)
  expect(isLearned('On Monday. The floor, then tea.', learned)).toBe(false)
  expect(isLearned('', learned)).toBe(false)
})
