import { describe, expect, test } from 'vitest'
import { stopReason } from '../../../src-main/core/generation/stop-rules.ts'

describe('stopReason', () => {
  const rules = { endIds: new Set([2, 9]), maxTokens: 5, contextLength: 14, promptTokens: 10 }

  test.each([
    [7, 1, null],
    [7, 3, null],
    [2, 1, 'end'],
    [9, 3, 'end'],
    [7, 4, 'context'],
    [7, 5, 'length'],
    [2, 5, 'end'],
  ])('token %d as number %d: %s', (id, generated, reason) => {
    expect(stopReason(rules, id, generated)).toBe(reason)
  })

  test('a prompt that fills the context leaves room for nothing more', () => {
    expect(stopReason({ ...rules, promptTokens: 14 }, 7, 1)).toBe('context')
  })
})
