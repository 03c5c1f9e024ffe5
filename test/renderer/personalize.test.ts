/** What the Personalize screen works out of what it is told. */
import { expect, test } from 'vitest'
import type { Run } from '../../src-main/contract/entities.ts'
import type { VerdictPair } from '../../src-main/contract/verdict.ts'
import { blindPairs } from '../../src-renderer/personalize/verdict/blind-pairs.ts'
import { adviceFor, outcomeOf, tallyOf, taughtFirst } from '../../src-renderer/personalize/verdict/outcome.ts'
import { queuedRun } from '../queued-run.ts'
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

const pair: VerdictPair = {
  kind: 'general',
  question: 'q',
  expected: null,
  base: 'a',
  taught: 'b',
  baseRight: true,
  taughtRight: true,
  preferred: null,
}
const wrong = { ...pair, taughtRight: false }

test('what came of a run is told by its losses and by what the model still answers', () => {
  const run = { ...queuedRun, lossBefore: 4, lossAfter: 0.1 }
  const known = { pairs: [pair, pair, pair, wrong], general: null }
  expect(outcomeOf(run, known)).toEqual({
    learned: 'much',
    isHeldOut: false,
    forgot: 'some',
    known: { before: 4, after: 3 },
  })
  const heldOut = (after: number) =>
    outcomeOf({ ...run, heldOutLossBefore: 2, heldOutLossAfter: after }, known)
  expect([0.9, 1.5, 1.9, 2.1].map((after) => heldOut(after).learned)).toEqual([
    'much',
    'some',
    'little',
    'worse',
  ])
  expect(outcomeOf(run, { pairs: [pair, pair, pair, pair, wrong], general: null }).forgot).toBe('nothing')
  expect(outcomeOf(run, { pairs: [pair, wrong, wrong], general: null }).forgot).toBe('much')
  expect(outcomeOf(run, { pairs: [{ ...pair, taught: null }], general: null }).forgot).toBeNull()
  // A model that knows little: how likely its own answers still are.
  const general = (lossAfter: number) =>
    outcomeOf(run, { pairs: [pair], general: { lossBefore: 0.5, lossAfter } })
  expect([0.6, 1.4, 3].map((after) => general(after).forgot)).toEqual(['nothing', 'some', 'much'])
})

test('what would help next time follows from how it went', () => {
  const settings = { ...queuedRun.settings, replay: 0 }
  const byHeart = {
    ...queuedRun,
    settings,
    lossBefore: 4,
    lossAfter: 0.1,
    heldOutLossBefore: 2,
    heldOutLossAfter: 3,
  }
  const forgot = { pairs: [pair, wrong, wrong], general: null }
  const advised = (run: Run) => adviceFor(run, outcomeOf(run, forgot))
  expect(advised(byHeart)).toEqual(['lessByHeart', 'replay'])
  expect(advised({ ...byHeart, settings: { ...settings, replay: 24 } })).toEqual(['lessByHeart'])
  expect(advised({ ...byHeart, lossAfter: 3.9 })).toEqual(['longer', 'replay'])
  expect(
    adviceFor(byHeart, outcomeOf({ ...byHeart, heldOutLossAfter: 1 }, { pairs: [], general: null })),
  ).toEqual([])
})

test('what is chosen blindly are answers that differ, in an order that stays and gives nothing away', () => {
  const pairs: VerdictPair[] = [
    { ...pair, kind: 'probe' },
    { ...pair, kind: 'heldOut', taught: 'a' },
    { ...pair, kind: 'heldOut', preferred: 'taught' },
    { ...pair, kind: 'heldOut', taught: null },
    pair,
  ]
  expect(blindPairs({ pairs }).map(({ index }) => index)).toEqual([0])
  expect(tallyOf({ pairs })).toEqual({ base: 0, taught: 1, neither: 0 })
  const order = Array.from({ length: 200 }, (_, index) => taughtFirst('run', index))
  expect(order).toEqual(order.map((_, index) => taughtFirst('run', index)))
  const share = order.filter(Boolean).length / order.length
  expect(share).toBeGreaterThan(0.35)
  expect(share).toBeLessThan(0.65)
})
