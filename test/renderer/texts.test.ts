import { expect, test } from 'vitest'
import { counter } from '../../src-renderer/texts/counter.ts'
import { languageOf } from '../../src-renderer/texts/language.ts'

test('a noun follows its number by the rule of the language', () => {
  const english = counter('en')
  const example = { one: 'example', other: 'examples' }
  expect([0, 1, 2, 1200].map((count) => english(count, example))).toEqual([
    '0 examples',
    '1 example',
    '2 examples',
    '1,200 examples',
  ])
  const polish = counter('pl')
  const day = { one: 'dzień', few: 'dni', many: 'dni', other: 'dnia' }
  expect([polish(1, day), polish(3, day), polish(1.5, day)]).toEqual(['1 dzień', '3 dni', '1,5 dnia'])
  expect(counter('de')(1, { other: 'Beispiele' })).toBe('1 Beispiele')
})

test.each([
  [['en-GB', 'fr'], 'en'],
  [['fr', 'nl-BE'], 'en'],
  [[], 'en'],
])('of the system’s languages %j the first that is known is shown: %s', (wanted, language) => {
  expect(languageOf(wanted)).toBe(language)
})
