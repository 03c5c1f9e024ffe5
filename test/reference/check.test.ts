import { describe, expect, test } from 'vitest'
import { Check } from './check.ts'

const failuresOf = (body: (check: Check) => void): readonly string[] => {
  const check = new Check()
  body(check)
  return check.outcome().failures
}
const closeFailures = (actual: number[], expected: number[], tolerance = { absolute: 0.1 }) =>
  failuresOf((check) => check.close('x', actual, expected, tolerance))

describe('close', () => {
  test('counts what it compares, and the largest difference in tolerances', () => {
    const check = new Check()
    check.close('x', [1, 2], [1, 2.05], { absolute: 0.1 })
    check.close('y', [0], [0.025], { absolute: 0.1 })
    const { checks, failures, worst } = check.outcome()
    expect({ checks, failures }).toEqual({ checks: 2, failures: [] })
    expect(worst).toBeCloseTo(0.5)
  })

  test('names the worst place', () => {
    expect(closeFailures([1, 2, 3], [1.2, 2.5, 3.3])).toEqual([
      'x: number 1 is 2 instead of 2.5 (5.0 × tolerance)',
    ])
  })

  test('a relative tolerance grows with what is expected', () => {
    const tolerance = { absolute: 0, relative: 0.01 }
    expect(closeFailures([100.9, -100.9], [100, -100], tolerance)).toEqual([])
    expect(closeFailures([0.9], [1], tolerance)).toHaveLength(1)
  })

  test.each([
    ['a number', [Number.NaN], [1]],
    ['NaN', [Number.NaN], [Number.NaN]],
    ['NaN where a number is', [1], [Number.NaN]],
    ['infinity of the other sign', [Number.NEGATIVE_INFINITY], [Number.POSITIVE_INFINITY]],
    ['a number where infinity is', [1], [Number.POSITIVE_INFINITY]],
  ])('NaN and infinity are no %s', (_, actual, expected) => {
    expect(closeFailures(actual, expected)).toHaveLength(1)
  })

  test('NaN is seen before and after larger differences', () => {
    expect(closeFailures([5, Number.NaN, 7], [0, 0, 0])[0]).toContain('number 1 is NaN')
    expect(closeFailures([Number.NaN, 7], [0, 0])[0]).toContain('number 0 is NaN')
  })

  test('the same value needs no tolerance, another one does', () => {
    expect(
      closeFailures([0, Number.POSITIVE_INFINITY], [0, Number.POSITIVE_INFINITY], { absolute: 0 }),
    ).toEqual([])
    expect(closeFailures([1e-30], [0], { absolute: 0 })).toHaveLength(1)
  })

  test('other lengths differ, empty or not', () => {
    expect(closeFailures([1], [1, 1])).toEqual(['x: 1 numbers instead of 2'])
    expect(closeFailures([], [1])).toEqual(['x: 0 numbers instead of 1'])
  })
})

describe('sameBits', () => {
  const bits = (actual: number[], expected: number[]) =>
    failuresOf((check) => check.sameBits('x', Float32Array.from(actual), Float32Array.from(expected)))

  test('finds one unit in the last place and the sign of zero', () => {
    expect(bits([1, 0.1], [1, 0.1])).toEqual([])
    expect(bits([1, 0.1], [1, 0.1 + 2 ** -27])).toHaveLength(1)
    expect(bits([0], [-0])).toHaveLength(1)
    expect(bits([1], [1, 2])).toEqual(['x: 1 numbers instead of 2'])
  })

  test('looks at the view, not at the memory behind it', () => {
    const memory = Float32Array.of(9, 1, 2)
    expect(failuresOf((check) => check.sameBits('x', memory.subarray(1), Float32Array.of(1, 2)))).toEqual([])
  })
})

test('hash is the SHA-256 of the little-endian bytes of a view', () => {
  const view = Float32Array.of(9, 1, 2).subarray(1)
  const expected = 'b9c80b5adeca450753a16950c3cc655d271f7bef7a485bc83f112b72fef21d37'
  expect(failuresOf((check) => check.hash('x', view, expected))).toEqual([])
  expect(failuresOf((check) => check.hash('x', view.subarray(1), expected))).toHaveLength(1)
  expect(failuresOf((check) => check.hash('x', view, undefined))).toHaveLength(1)
})

test('equal compares by value and shortens what it shows', () => {
  expect(failuresOf((check) => check.equal('x', { a: [1] }, { a: [1] }))).toEqual([])
  const [failure = ''] = failuresOf((check) => check.equal('x', 'a'.repeat(1000), undefined))
  expect(failure).toMatch(/^x: "a{119}… instead of nothing$/)
})

test('a condition and what was left out', () => {
  const check = new Check()
  check.holds('it holds', true)
  check.holds('it does not', false)
  check.skip('too large')
  expect(check.outcome()).toEqual({ checks: 2, failures: ['it does not'], skipped: ['too large'], worst: 0 })
})
