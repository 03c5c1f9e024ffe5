const maxTitleLength = 60
/** What is shorter than this says too little without its politeness. */
const shortestTitle = 8
/** What people say before they say what they want. */
const opening =
  /^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?(?=[\s,.!])|please|(?:can|could|would) you(?: please)?|i (?:want|would like|need) you to)[\s,.!]+/i

/** A conversation's title out of its first question: the first sentence with something in it, without the politeness. */
export function titleOf(firstMessage: string): string {
  const whole = firstMessage.trim().replaceAll(/\s+/g, ' ')
  let text = whole
  for (;;) {
    const rest = text.replace(opening, '')
    if (rest === text || rest.length < shortestTitle) break
    text = rest
  }
  const sentence = /^.{12,}?[.!?](?=\s)/.exec(text)?.[0] ?? text
  const title = sentence.replace(/[.!,;:\s]+$/, '') || whole
  return cut(title.charAt(0).toUpperCase() + title.slice(1))
}

/** Cut between words where it is too long. */
function cut(text: string): string {
  if (text.length <= maxTitleLength) return text
  const beginning = text.slice(0, maxTitleLength)
  const lastSpace = beginning.lastIndexOf(' ')
  // Not between the halves of a surrogate pair.
  return `${(lastSpace > 20 ? beginning.slice(0, lastSpace) : beginning).replace(/[\ud800-\udbff]$/, '')}…`
}
