import { expect, test } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import { sentence } from '../../../src-main/contract/sentence.ts'
import { startFailure } from '../../../src-main/hosts/electron/start-failure.ts'

const failure = new Failure(
  'disk-full',
  sentence`The export needs ${{ bytes: 98_362_432 }} of room in ${'/data'}, where ${{ bytes: 1200 }} are free. Free some space or choose another folder.`,
)

test('why the app does not start is said in the first of the system’s languages that is known', () => {
  expect(startFailure(failure, ['fr-FR', 'de-AT', 'en-US'])).toEqual({
    title: 'Veranda kann nicht starten',
    text: 'Der Export braucht 98,4 MB Platz in /data; dort sind 1,2 kB frei. Schaffe Platz, oder wähle einen anderen Ordner.',
  })
  for (const languages of [['en-GB', 'de'], ['fr'], []])
    expect(startFailure(failure, languages)).toEqual({
      title: 'Veranda can’t start',
      text: failure.message.replace('KB', 'kB'),
    })
})

test('what nobody expected keeps its own words', () => {
  expect(startFailure(new TypeError('x is no function'), ['de']).text).toBe('x is no function')
})
