const sizeUnits = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** A size in English, in decimal units, as systems show files: `98.4 MB`. */
export function formatBytes(bytes: number): string {
  let size = bytes
  let unit = 0
  while (size >= 1000 && unit < sizeUnits.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${sizeUnits[unit] ?? ''}`
}
