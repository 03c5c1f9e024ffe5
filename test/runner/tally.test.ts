import { expect, test } from 'vitest'
import { add, describeTally, readTally } from './tally.ts'

test('the sum names skipped tests only where there are some', () => {
  expect(describeTally({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
  expect(describeTally(add({ passed: 3, failed: 0, skipped: 1 }, { passed: 1, failed: 2, skipped: 1 }))).toBe(
    '4 passed, 2 failed, 2 skipped',
  )
})

test('the last line of a runner is read back, whatever was printed before it', () => {
  expect(readTally('1 passed, 1 failed\nrng ok\n12 passed, 0 failed, 2 skipped\n')).toEqual({
    passed: 12,
    failed: 0,
    skipped: 2,
  })
  expect(readTally('no sum here: 1 passed, 1 failed in all\n')).toBeNull()
})
