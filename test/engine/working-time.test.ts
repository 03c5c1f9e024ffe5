import { expect, test } from 'vitest'
import { workedMs } from '../../src-main/engine/working-time.ts'

const night = 8 * 3600_000

test.each([
  ['the first step counts as it is, however long', 60_000, null, 60_000],
  ['a step counts as long as it took', 1_400, 1_000, 1_400],
  ['also where it waited for an answer', 19_000, 1_000, 19_000],
  ['a pause within a quick run does no harm', 4_000, 10, 4_000],
  ['a night of sleep counts like any other step', night, 1_000, 1_000],
  ['also one in a slow run', night, 60_000, 60_000],
])('%s', (_, tookMs, usualMs, worked) => {
  expect(workedMs(tookMs, usualMs)).toBe(worked)
})
