import { expect, test } from 'vitest'
import type { ChatMessage } from '../../src-main/engine/contract.ts'
import { fitContext } from '../../src-main/engine/fit-context.ts'

/** A token a character. */
const encode = (messages: readonly ChatMessage[]): number[] =>
  [...messages.map(({ content }) => content).join('')].map((letter) => letter.charCodeAt(0))
const said = (length: number): ChatMessage[] =>
  Array.from({ length }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: String(index).repeat(10),
  }))
const system: ChatMessage = { role: 'system', content: 'SSSSS' }
const text = (ids: readonly number[]): string => String.fromCharCode(...ids)

test('what fits is left as it is', () => {
  expect(fitContext(encode, said(3), 40, 10)).toEqual({ prompt: encode(said(3)), leftOutMessages: 0 })
})

test('the oldest exchanges are left out, as few as do, and the instructions stay', () => {
  const { prompt, leftOutMessages } = fitContext(encode, [system, ...said(7)], 60, 10)
  expect(leftOutMessages).toBe(4)
  expect(text(prompt)).toBe(`SSSSS${'4'.repeat(10)}${'5'.repeat(10)}${'6'.repeat(10)}`)
})

test('at most a quarter is kept free for a long answer', () => {
  expect(fitContext(encode, said(3), 40, 1000).leftOutMessages).toBe(0)
  expect(fitContext(encode, said(3), 38, 1000).leftOutMessages).toBe(2)
})

test('a last question that leaves little room is still answered; one that leaves none is refused', () => {
  expect(fitContext(encode, said(5), 11, 10)).toMatchObject({ leftOutMessages: 4 })
  expect(() => fitContext(encode, said(5), 10, 10)).toThrow(/10 tokens long, but the model holds 10/)
  expect(() => fitContext(encode, [system, ...said(1)], 12, 1)).toThrow(/15 tokens long/)
})
