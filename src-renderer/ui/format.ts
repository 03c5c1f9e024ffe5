/** Numbers, sizes and times in the language that is shown. */
import { numberFormat, size } from '../../src-main/texts/number-format.ts'
import { shownLanguage } from '../texts/language.ts'
import { t } from '../texts/texts.ts'

const dateFormats = new Map<string, Intl.DateTimeFormat>()

const numbers = (options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  numberFormat(shownLanguage(), options)

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const language = shownLanguage()
  const key = language + JSON.stringify(options)
  const format = dateFormats.get(key) ?? new Intl.DateTimeFormat(language, options)
  dateFormats.set(key, format)
  return format
}

/** 12,345.6 with as many digits after the point as asked for. */
export function formatNumber(value: number, digits = 0): string {
  return numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

/** 0.0000125 → "1.3E-5": numbers of any size in two digits. */
export function formatScientific(value: number): string {
  return value === 0
    ? formatNumber(0)
    : numbers({ notation: 'scientific', maximumSignificantDigits: 2 }).format(value)
}

/** 0.25 → "25%", "25 %" in German. */
export function formatShare(share: number): string {
  return numbers({ style: 'percent' }).format(share)
}

function measure(value: number, unit: 'second' | 'minute' | 'hour'): string {
  return numbers({ style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 }).format(value)
}

/** Decimal units: 98,362,432 → "98.4 MB". */
export function formatBytes(bytes: number): string {
  return size(shownLanguage(), bytes)
}

const large = {
  notation: 'compact',
  compactDisplay: 'long',
  maximumFractionDigits: 1,
  maximumSignificantDigits: 3,
  roundingPriority: 'lessPrecision',
} as const

/** 134,515,008 → "135 million"; 1.24e9 → "1.2 billion". */
export function formatCount(count: number): string {
  return count >= 1e6 ? numbers(large).format(count) : formatNumber(count)
}

/** "20 seconds", "4 minutes", "1 hour 10 minutes". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 60) return measure(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return measure(minutes, 'minute')
  const rest = minutes % 60
  const hours = measure(Math.floor(minutes / 60), 'hour')
  return rest === 0 ? hours : `${hours} ${measure(rest, 'minute')}`
}

/** What is left of a run, rounded so that it doesn't flicker: "about 20 seconds left". */
export function formatRemaining(ms: number): string {
  if (ms < 5_000) return t.units.secondsLeft
  if (ms < 60_000) return t.units.timeLeft(measure(Math.ceil(ms / 10_000) * 10, 'second'))
  return t.units.timeLeft(formatDuration(ms))
}

/** A loss in nats a token, to two digits after the point; small ones to three. */
export function formatLoss(loss: number): string {
  return formatNumber(loss, loss < 0.1 ? 3 : 2)
}

/** Tokens a second; slow ones to one digit after the point. */
export function formatSpeed(tokensPerSecond: number): string {
  return t.units.tokensPerSecond(formatNumber(tokensPerSecond, tokensPerSecond < 100 ? 1 : 0))
}

/** "Today 14:02", "Yesterday 09:30", "12 Nov", "12 Nov 2025". */
export function formatWhen(timestamp: number, now: number): string {
  const then = new Date(timestamp)
  const time = dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(then)
  const today = new Date(now)
  if (then.toDateString() === today.toDateString()) return t.units.today(time)
  const yesterday = new Date(now)
  yesterday.setDate(today.getDate() - 1)
  if (then.toDateString() === yesterday.toDateString()) return t.units.yesterday(time)
  const year = then.getFullYear() === today.getFullYear() ? {} : ({ year: 'numeric' } as const)
  return dates({ day: 'numeric', month: 'short', ...year }).format(then)
}
