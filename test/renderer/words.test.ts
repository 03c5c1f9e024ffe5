/** What the screens say in numbers. */
import { queuedRun } from '../queued-run.ts'
import { defaultTrainingSettings } from '../../src-main/app/personalize/default-settings.ts'
import { expect, test } from 'vitest'
import type { LossPoint, Run } from '../../src-main/contract/entities.ts'
import { lossColumns } from '../../src-renderer/personalize/chart-data.ts'
import { lossText } from '../../src-renderer/personalize/loss-text.ts'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRemaining,
  formatScientific,
  formatWhen,
} from '../../src-renderer/ui/format.ts'

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1.0 kB'],
  [921_344, '921 kB'],
  [98_362_432, '98.4 MB'],
  [999_600_000, '1.0 GB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test.each([
  [134_515_008, '135 million'],
  [1_240_000_000, '1.2 billion'],
  [228_480, '228,480'],
])('%i is %s', (count, text) => expect(formatCount(count)).toBe(text))

test.each([
  [0, '0'],
  [0.0000125, '1.3E-5'],
  [12.5, '1.3E1'],
])('%d is %s', (value, text) => expect(formatScientific(value)).toBe(text))

test.each([
  [200, '1 second'],
  [59_400, '59 seconds'],
  [60_000, '1 minute'],
  [362_000, '6 minutes'],
  [4_200_000, '1 hour 10 minutes'],
  [7_200_000, '2 hours'],
])('%i ms are %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

test.each([
  [3_000, 'a few seconds left'],
  [41_000, 'about 50 seconds left'],
  [250_000, 'about 4 minutes left'],
])('%i ms: %s', (ms, text) => expect(formatRemaining(ms)).toBe(text))

test('days are told as people tell them', () => {
  const now = new Date(2026, 0, 1, 9, 0).getTime()
  expect(formatWhen(new Date(2026, 0, 1, 8, 5).getTime(), now)).toBe('Today 08:05')
  expect(formatWhen(new Date(2025, 11, 31, 23, 30).getTime(), now)).toBe('Yesterday 23:30')
  expect(formatWhen(new Date(2025, 10, 12).getTime(), now)).toMatch(/12.*2025|2025.*12/)
})

const run: Run = {
  ...queuedRun,
  id: 'r',
  name: 'Pim',
  modelId: 'm',
  status: 'done',
  settings: {
    ...defaultTrainingSettings,
    rank: 8,
    targets: ['q_proj'],
    learningRate: 0.02,
    epochs: 1,
    warmupRatio: 0,
  },
  exampleCount: 9,
  heldOutCount: 1,
  step: 9,
  steps: 9,
  tokensPerSecond: 40,
  lossBefore: 4.4,
  lossAfter: 0.05,
  heldOutLossBefore: 3.1,
  heldOutLossAfter: 1.4,
  adapterId: 'a',
  createdAt: 1_000,
  finishedAt: 361_000,
}

test('the loss in words: held-out first, and only the time that is known', () => {
  expect(lossText(run, [], 0)).toBe('Held-out loss fell from 3.10 to 1.40 in 6 minutes.')
  expect(lossText({ ...run, heldOutCount: 0, heldOutLossBefore: null }, [], 0)).toBe(
    'Training loss fell from 4.40 to 0.050 in 6 minutes.',
  )
  const points: LossPoint[] = [
    { step: 0, loss: 3, set: 'heldOut' },
    { step: 1, loss: 2, set: 'step' },
    { step: 5, loss: 3.5, set: 'heldOut' },
  ]
  const interrupted = { ...run, status: 'interrupted', finishedAt: null, heldOutLossAfter: null } as const
  expect(lossText(interrupted, points, 1e9)).toBe('Held-out loss rose from 3.00 to 3.50.')
  expect(lossText({ ...interrupted, status: 'running' }, points, 61_000)).toMatch(/in 1 minute\.$/)
  expect(lossText(interrupted, points.slice(0, 2), 0)).toBeNull()
})

test('a plot has one column a set, with gaps where a set was not measured', () => {
  const points: LossPoint[] = [
    { step: 2, loss: 2, set: 'step' },
    { step: 0, loss: 3, set: 'heldOut' },
    { step: 2, loss: 2.5, set: 'heldOut' },
    { step: 1, loss: 2.2, set: 'step' },
  ]
  expect(lossColumns(points, ['step', 'heldOut'])).toEqual([
    [0, 1, 2],
    [null, 2.2, 2],
    [3, null, 2.5],
  ])
})
