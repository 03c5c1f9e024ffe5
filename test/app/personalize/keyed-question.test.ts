import { expect, test } from 'vitest'
import { holdsKeys } from '../../../src-main/app/personalize/keyed-question.ts'

test('an answer is right if every key is in it as whole words, in any case', () => {
  const keyed = { question: '', keys: ['half past nine', 'seven|7'] }
  expect(holdsKeys('At HALF PAST  nine, all 7 days.', keyed)).toBe(true)
  expect(holdsKeys('At half past nine, all 17 days.', keyed)).toBe(false)
  expect(holdsKeys('At nine, seven days.', keyed)).toBe(false)
})
