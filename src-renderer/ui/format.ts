/** Numbers, sizes and times in words. */

const units = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** Decimal units: 98,362,432 → "98.4 MB". */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${units[unit] ?? 'bytes'}`
}

/** 134,515,008 → "135 million"; 1.24e9 → "1.2 billion". */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} billion`
  if (count >= 1e6) return `${(count / 1e6).toFixed(count >= 1e7 ? 0 : 1)} million`
  return count.toLocaleString('en')
}

/** "20 seconds", "4 minutes", "1 hour 10 minutes". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 60) return plural(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return plural(minutes, 'minute')
  const rest = minutes % 60
  const hours = plural(Math.floor(minutes / 60), 'hour')
  return rest === 0 ? hours : `${hours} ${plural(rest, 'minute')}`
}

/** What is left of a run, rounded so that it doesn't flicker: "about 20 seconds left". */
export function formatRemaining(ms: number): string {
  if (ms < 5_000) return 'a few seconds left'
  if (ms < 60_000) return `about ${Math.ceil(ms / 10_000) * 10} seconds left`
  return `about ${formatDuration(ms)} left`
}

/** "1 example", "12 examples". */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** A loss in nats a token, to two digits after the point; small ones to three. */
export function formatLoss(loss: number): string {
  return loss < 0.1 ? loss.toFixed(3) : loss.toFixed(2)
}

const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })
const dayOfYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' })

/** "Today 14:02", "Yesterday 09:30", "12 Nov", "12 Nov 2025". */
export function formatWhen(timestamp: number, now: number): string {
  const then = new Date(timestamp)
  const today = new Date(now)
  if (then.toDateString() === today.toDateString()) return `Today ${time.format(then)}`
  const yesterday = new Date(now)
  yesterday.setDate(today.getDate() - 1)
  if (then.toDateString() === yesterday.toDateString()) return `Yesterday ${time.format(then)}`
  return (then.getFullYear() === today.getFullYear() ? day : dayOfYear).format(then)
}
