/** E-mail addresses, phone numbers and card numbers in examples: what people would not want learned. */
import type { Example, Finding } from '../../contract/entities.ts'

type Texts = Pick<Example, 'messages' | 'rejected'>

/** What stands in place of what was found. */
const placeholders: { readonly [K in Finding['kind']]: string } = {
  email: '[e-mail address]',
  phone: '[phone number]',
  card: '[card number]',
}

const email = /[\p{L}\p{N}._%+-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,24}/gu
/** 13 to 19 digits in groups, as cards have them; the check digit decides. */
const card = /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])/g
/** An international number, or groups of a national one that begins with 0 or an area code in brackets. */
const phone =
  /(?<![\p{L}\p{N}.+-])(?:\+\d{1,3}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}|\(\d{2,5}\)[ ./-]?\d(?:[ ./-]?\d){4,9}|0\d{1,4}(?:[ /-]\d{2,}){1,4}|0\d{8,11}|\d{3}[ .-]\d{3}[ .-]\d{4})(?![\p{L}\p{N}-])/gu
const date = /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$/

/** Everything private in the example's turns and its rejected answer, in their order. */
export function findPrivateData({ messages, rejected }: Texts): Finding[] {
  const found = messages.flatMap(({ content }, turn) => find(content, turn))
  return rejected === null ? found : [...found, ...find(rejected, null)]
}

/** The texts with a placeholder where something private was found. */
export function redact({ messages, rejected }: Texts): Texts {
  return {
    messages: messages.map((message, turn) => ({
      ...message,
      content: replace(message.content, find(message.content, turn)),
    })),
    rejected: rejected === null ? null : replace(rejected, find(rejected, null)),
  }
}

function find(text: string, turn: number | null): Finding[] {
  const found: Finding[] = []
  const add = (kind: Finding['kind'], pattern: RegExp, isReal: (match: string) => boolean): void => {
    for (const { 0: match, index } of text.matchAll(pattern)) {
      const end = index + match.length
      if (isReal(match) && !found.some((other) => index < other.end && end > other.start))
        found.push({ kind, turn, start: index, end, text: match })
    }
  }
  // Without these characters there is nothing to find: most texts have neither.
  if (text.includes('@')) add('email', email, () => true)
  if (/\d/.test(text)) {
    add('card', card, isCardNumber)
    add('phone', phone, isPhoneNumber)
  }
  return found.toSorted((a, b) => a.start - b.start)
}

function isPhoneNumber(match: string): boolean {
  const digits = match.replaceAll(/\D/g, '').length
  return digits >= 7 && digits <= 15 && !date.test(match)
}

/** The first digit is one that card issuers have, and the last is the check digit (ISO/IEC 7812-1, by Luhn). */
function isCardNumber(match: string): boolean {
  const digits = match.replaceAll(/\D/g, '')
  if (!/^[2-6]/.test(digits) || /^(\d)\1+$/.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

function replace(text: string, found: readonly Finding[]): string {
  let result = ''
  let reached = 0
  for (const { kind, start, end } of found) {
    result += text.slice(reached, start) + placeholders[kind]
    reached = end
  }
  return result + text.slice(reached)
}
