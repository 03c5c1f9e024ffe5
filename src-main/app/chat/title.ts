const maxTitleLength = 60

/** A conversation's title: the beginning of its first message, cut between words. */
export function titleOf(firstMessage: string): string {
  const text = firstMessage.trim().replaceAll(/\s+/g, ' ')
  if (text.length <= maxTitleLength) return text
  const cut = text.slice(0, maxTitleLength)
  const lastSpace = cut.lastIndexOf(' ')
  // Not between the halves of a surrogate pair.
  return `${(lastSpace > 20 ? cut.slice(0, lastSpace) : cut).replace(/[\ud800-\udbff]$/, '')}…`
}
