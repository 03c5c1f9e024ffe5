/** Two texts beside each other, each wrapped to half of the width. */
export function sideBySide(left: string, right: string, width: number): string {
  const column = Math.floor((width - 3) / 2)
  const leftLines = wrap(left, column)
  const rightLines = wrap(right, column)
  const count = Math.max(leftLines.length, rightLines.length)
  return Array.from({ length: count }, (_, index) =>
    `${(leftLines[index] ?? '').padEnd(column)} │ ${rightLines[index] ?? ''}`.trimEnd(),
  ).join('\n')
}

/** Breaks between words; a word that is longer than a line is cut. */
function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines = ['']
    for (const word of paragraph.split(' ').flatMap((whole) => cut(whole, width))) {
      const line = lines.at(-1) ?? ''
      if (line === '') lines[lines.length - 1] = word
      else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
      else lines.push(word)
    }
    return lines
  })
}

function cut(word: string, width: number): string[] {
  const pieces = word.match(new RegExp(`.{1,${width}}`, 'gu'))
  return pieces ?? ['']
}
