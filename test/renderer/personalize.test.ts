/** What the Personalize screen works out of what it is told. */
import { expect, test } from 'vitest'
import { layersText, parseLayers, parseRanks, ranksText } from '../../src-renderer/personalize/layer-texts.ts'
import { answersOf } from '../../src-renderer/personalize/probe-history.ts'
import { wordDifference } from '../../src-renderer/personalize/word-difference.ts'

test('layers and ranks are read as they are written, or not at all', () => {
  expect(parseLayers('5, 0-2, 1')).toEqual({ layers: [0, 1, 2, 5] })
  expect(parseLayers(' ')).toEqual({ layers: null })
  expect(layersText([0, 1, 5])).toBe('0, 1, 5')
  for (const text of ['a', '3-1', '1,,2', '-1', '1.5', '99999']) expect(parseLayers(text)).toBeNull()
  expect(parseRanks('3:8, q_proj:16,3.q_proj:0')).toEqual({ ranks: { '3': 8, q_proj: 16, '3.q_proj': 0 } })
  expect(parseRanks('')).toEqual({ ranks: {} })
  expect(ranksText({ q_proj: 16, '3.q_proj': 0 })).toBe('q_proj:16, 3.q_proj:0')
  for (const text of ['3', '3:', ':3', '3:5000', '3:-1']) expect(parseRanks(text)).toBeNull()
})

test('the words that the other text lacks are marked, and nothing is lost of the texts', () => {
  const { left, right } = wordDifference('The dog is a dog.', 'The dog is called  Bramble.')
  expect(left.filter(({ differs }) => differs).map(({ text }) => text)).toEqual(['a ', 'dog.'])
  expect(right.filter(({ differs }) => differs).map(({ text }) => text.trim())).toEqual([
    'called',
    'Bramble.',
  ])
  expect(right.map(({ text }) => text).join('')).toBe('The dog is called  Bramble.')
  expect(wordDifference('', 'one')).toEqual({ left: [], right: [{ text: 'one', differs: true }] })
  const same = wordDifference('a b', 'a b')
  expect([...same.left, ...same.right].some(({ differs }) => differs)).toBe(false)
  const long = 'word '.repeat(3000)
  expect(wordDifference(long, long).left).toHaveLength(3000)
})

test('an answer that stays is one answer, from its first step to its last', () => {
  const samples = [
    { step: 0, probe: 0, answer: 'No.' },
    { step: 0, probe: 1, answer: 'x' },
    { step: 5, probe: 0, answer: 'No.' },
    { step: 9, probe: 0, answer: 'Yes.' },
  ]
  expect(answersOf(samples, 0)).toEqual([
    { step: 0, lastStep: 5, answer: 'No.' },
    { step: 9, lastStep: 9, answer: 'Yes.' },
  ])
})
