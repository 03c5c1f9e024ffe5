import { describe, expect, it } from 'vitest'
import { findPrivateData, redact } from '../../../src-main/app/examples/private-data.ts'

const example = (answer: string, rejected: string | null = null) => ({
  messages: [
    { role: 'user' as const, content: 'Q' },
    { role: 'assistant' as const, content: answer },
  ],
  rejected,
})
const found = (text: string) =>
  findPrivateData(example(text)).map(({ kind, text: part }) => `${kind} ${part}`)

describe('private data', () => {
  it.each([
    ['Write to Ann.Lee+x@mail.example.co.uk.', 'email Ann.Lee+x@mail.example.co.uk'],
    ['an jürgen@müller.de bitte', 'email jürgen@müller.de'],
    ['Call +32 470 12 34 56 now', 'phone +32 470 12 34 56'],
    ['Call (020) 7946 0958', 'phone (020) 7946 0958'],
    ['Call 555-010-1234.', 'phone 555-010-1234'],
    ['Ruf 030 901820 an', 'phone 030 901820'],
    ['Bel 0470123456', 'phone 0470123456'],
    ['Card 4111 1111 1111 1111, please', 'card 4111 1111 1111 1111'],
    ['378282246310005', 'card 378282246310005'],
  ])('is found in “%s”', (text, finding) => expect(found(text)).toEqual([finding]))

  it.each([
    'on 2026-11-24 at 10:20, or 24.11.2026',
    'pi is 3.14159265358979',
    'order 4111 1111 1111 1112',
    'version 10.20.30.40, port 8080',
    'the year 2026, 1 000 000 people, 12,345,678 bytes',
    'mail@nowhere and @handle',
    '0.0000001234567',
  ])('is not found in “%s”', (text) => expect(found(text)).toEqual([]))

  it('is told by turn and place, and replaced in the rejected answer too', () => {
    const text = 'Ask a@b.org or +32 470 12 34 56.'
    const one = example(text, 'Ask c@d.org.')
    for (const { turn, start, end, text: part } of findPrivateData(one)) {
      const whole = turn === null ? one.rejected : one.messages[turn]?.content
      expect(whole?.slice(start, end)).toBe(part)
    }
    const clean = redact(one)
    expect(clean).toMatchObject(example('Ask [e-mail address] or [phone number].', 'Ask [e-mail address].'))
    expect(findPrivateData(clean)).toEqual([])
  })
})
