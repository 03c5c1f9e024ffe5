/** Numbers for people. */

/** `about 4 minutes`; seconds below a minute and a half. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return count(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `about ${count(minutes, 'minute')}`
  return `about ${count(Math.round(minutes / 60), 'hour')}`
}

/** `1 example`, `2 examples`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** In nats a token; a dash where it was not measured. */
export function formatLoss(loss: number | null): string {
  return loss === null ? '–' : loss.toFixed(3)
}

/** `135 M`. */
export function formatParameters(parameters: number): string {
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(1)} B`
  if (parameters >= 1e6) return `${Math.round(parameters / 1e6)} M`
  return `${Math.round(parameters / 1e3)} K`
}

/** Columns under their headings, two spaces apart. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  return [headings, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
