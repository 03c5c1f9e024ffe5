import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { desktopTexts } from '../../src-main/texts/desktop.ts'
import { languageOf, languages } from '../../src-main/texts/language.ts'
import { counter } from '../../src-renderer/texts/counter.ts'
import { catalogues } from '../../src-renderer/texts/texts.ts'

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
  [['fr', 'de-AT', 'en'], 'de'],
  [[], 'en'],
])('of the system’s languages %j the first that is known is shown: %s', (wanted, language) => {
  expect(languageOf(wanted)).toBe(language)
})

/** Every text by its path, functions by how many values they take. */
function entries(value: unknown, path = ''): [string, unknown][] {
  if (typeof value === 'function') return [[path, value.length]]
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, child]) => entries(child, `${path}.${key}`))
}

/** What the screens say, and what the desktop says beside them. */
const english = new Map(entries({ ...catalogues.en, desktop: desktopTexts.en }))
const others = languages
  .filter((language) => language !== 'en')
  .map((language) => [language, { ...catalogues[language], desktop: desktopTexts[language] }] as const)

test.each(others)('the catalogue %s has every text of the English one, in its own words', (_, catalogue) => {
  const texts = entries(catalogue)
  expect(texts.map(([path]) => path).sort()).toEqual([...english.keys()].sort())
  for (const [path, text] of texts) {
    expect(typeof text, path).toBe(typeof english.get(path))
    if (typeof text === 'string') expect(text.trim() === '', path).toBe(english.get(path) === '')
  }
  // Short words and names may be the same in both; sentences are not.
  const copied = texts.filter(([path, text]) => /\w \w+ \w/.test(String(text)) && text === english.get(path))
  expect(copied).toEqual([])
})

test('every model of the catalogue is described in every language', () => {
  const catalogue = readFileSync('resources/catalogue.json', 'utf8')
  const ids = [...catalogue.matchAll(/^      "id": "(.+)",$/gm)].map(([, id = '']) => id)
  expect(ids.length).toBeGreaterThan(5)
  for (const [language, { models }] of others) {
    expect(
      ids.filter((id) => models.description(id, '') === ''),
      language,
    ).toEqual([])
  }
})
