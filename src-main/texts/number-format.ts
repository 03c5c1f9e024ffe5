/** Numbers and sizes in a language. */
import type { Language } from './language.ts'

const formats = new Map<string, Intl.NumberFormat>()

/** Formatters are dear to make and cheap to use: one of each kind a language. */
export function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options)
  const format = formats.get(key) ?? new Intl.NumberFormat(language, options)
  formats.set(key, format)
  return format
}

/** As it is, with the language's point: 0.00002 → "0,00002" in German. */
export function exactly(language: Language, value: number): string {
  return numberFormat(language, { maximumFractionDigits: 20, useGrouping: false }).format(value)
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Decimal units: 98,362,432 → "98.4 MB". */
export function size(language: Language, bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  const format = numberFormat(language, {
    style: 'unit',
    unit: byteUnits[unit] ?? 'byte',
    unitDisplay: unit === 0 ? 'long' : 'short',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return format.format(value)
}
