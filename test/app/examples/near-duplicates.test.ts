import { expect, it } from 'vitest'
import { nearDuplicates, signatureOf } from '../../../src-main/app/examples/near-duplicates.ts'

function groups(texts: readonly string[]): number[][] {
  const searching = nearDuplicates(texts.map(signatureOf))
  let next = searching.next()
  while (next.done !== true) next = searching.next()
  return next.value
}

it('finds what differs in case, punctuation or a word, and nothing else', () => {
  const text =
    'The bench stands on the porch beside the door, where the old dog sleeps in the sun all afternoon.'
  expect(
    groups([
      text,
      'A wholly different sentence about boats and their sails in the harbour of a small town.',
      text.toUpperCase().replaceAll(',', ''),
      text.replace('old', 'big'),
      'The bench stands in the hall.',
    ]),
  ).toEqual([[0, 2, 3]])
  expect(groups(['Yes', 'No', 'yes!', '', '  '])).toEqual([
    [0, 2],
    [3, 4],
  ])
})

it('is the same each time, and fast for ten thousand examples and for many equal ones', () => {
  const words = [
    'bench',
    'porch',
    'door',
    'dog',
    'sun',
    'boat',
    'sail',
    'harbour',
    'town',
    'lamp',
    'book',
    'tea',
  ]
  const texts = Array.from({ length: 10_000 }, (_, index) => {
    // A multiplicative walk through the words: no two texts are alike by chance.
    const picked = Array.from({ length: 30 }, (__, at) => words[(index * 7919 + at * at * (index % 97)) % 12])
    return `${index} ${picked.join(' ')} ${index * 31}`
  })
  const begin = performance.now()
  const some = [
    ...texts.slice(0, 9_000),
    ...texts.slice(0, 500),
    ...Array.from({ length: 500 }, () => 'same'),
  ]
  const first = groups(some)
  expect(performance.now() - begin).toBeLessThan(10_000)
  expect(first.find((group) => group.includes(9_500))).toHaveLength(500)
  for (let index = 0; index < 500; index++)
    expect(first.some((group) => group.includes(index) && group.includes(9_000 + index))).toBe(true)
  expect(groups(some.slice(0, 1_000))).toEqual(groups(some.slice(0, 1_000)))
})

it('stays fast for texts of one template, which are alike without being the same', () => {
  const texts = Array.from(
    { length: 10_000 },
    (_, n) =>
      `Question ${n} about ${(n * 7919) % 1000} things and the weather of day ${(n * 31) % 977}: ${n * n}`,
  )
  const begin = performance.now()
  groups(texts)
  expect(performance.now() - begin).toBeLessThan(10_000)
})
