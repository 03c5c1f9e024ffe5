import { describe, expect, test } from 'vitest'
import { stopReason, StopStrings } from '../../../src-main/core/generation/stop-rules.ts'

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

/** Feeds the pieces and gives back everything shown, with `|` between pieces and `#` where it stopped. */
function shown(strings: string[], pieces: string[]): string {
  const stop = new StopStrings(strings)
  const out: string[] = []
  for (const piece of pieces) {
    const { text, stopped } = stop.push(piece)
    out.push(text)
    if (stopped) return `${out.join('|')}#`
  }
  return [...out, stop.end()].join('|')
}

describe('StopStrings', () => {
  test.each([
    [['END'], ['abc', 'def'], 'abc|def|'],
    [['END'], ['abcENDdef'], 'abc#'],
    [['END'], ['abcE', 'ND'], 'abc|#'],
    [['END'], ['abcE', 'N', 'x'], 'abc||ENx|'],
    [['END'], ['abE'], 'ab|E'],
    [['aab'], ['aaa', 'b'], 'a|#'],
    [['xyz', 'y'], ['xyz'], '#'],
    [['yz', 'xyz'], ['axyz'], 'a#'],
    [['yz', 'x!'], ['axyz'], 'ax#'],
    [['\n\n'], ['one\n', 'two\n', '\nthree'], 'one|\ntwo|#'],
    [[''], ['abc'], 'abc|'],
    [[], ['abc'], 'abc|'],
  ])('%j in %j', (strings, pieces, expected) => {
    expect(shown(strings, pieces)).toBe(expected)
  })
})
