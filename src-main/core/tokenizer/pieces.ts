/**
 * How text is cut into pieces, within which tokens are made. Joined again, the pieces are the text, but for what
 * a step takes away or puts there itself. Source: huggingface/tokenizers `pre_tokenizers`.
 */
/** What becomes of a pattern's matches: each a piece of its own, part of the piece before or after it, or nothing. */
export type SplitBehavior =
  'isolated' | 'removed' | 'merged-with-previous' | 'merged-with-next' | 'contiguous'

export type PreTokenizerStep =
  /** A regular expression (Unicode mode): each match is a piece, and each text between two. */
  | string
  | { readonly split: string; readonly behavior: SplitBehavior; readonly invert: boolean }
  /** Spaces become `metaspace`, and one is put before a piece; each is then cut before every one of them. */
  | { readonly metaspace: string; readonly prepend: 'first' | 'each' | 'never'; readonly cut: boolean }

/** A piece, and whether it stands at the very beginning of all text. */
interface Piece {
  readonly text: string
  readonly first: boolean
}

/** `first`: whether the text stands at the very beginning. */
export function makeSplitter(
  steps: readonly PreTokenizerStep[],
): (text: string, first?: boolean) => string[] {
  const cutters = steps.map(cutterOf)
  return (text, first = true) => {
    const whole: Piece[] = text === '' ? [] : [{ text, first }]
    return cutters.reduce((pieces, cutter) => pieces.flatMap(cutter), whole).map((piece) => piece.text)
  }
}

function cutterOf(step: PreTokenizerStep): (piece: Piece) => Piece[] {
  if (typeof step === 'string') return cutterOf({ split: step, behavior: 'isolated', invert: false })
  if ('split' in step) {
    const expression = new RegExp(step.split, 'gu')
    return (piece) => split(piece, expression, step.behavior, step.invert)
  }
  const mark = step.metaspace
  const expression = new RegExp(escapeLiteral(mark), 'gu')
  return ({ text, first }) => {
    const replaced = text.replaceAll(' ', mark)
    const prepends = step.prepend === 'each' || (step.prepend === 'first' && first)
    const marked = prepends && !replaced.startsWith(mark) ? mark + replaced : replaced
    const piece = { text: marked, first }
    return step.cut ? split(piece, expression, 'merged-with-next', false) : [piece]
  }
}

interface Part {
  text: string
  readonly matches: boolean
}

function split(
  { text, first }: Piece,
  expression: RegExp,
  behavior: SplitBehavior,
  invert: boolean,
): Piece[] {
  const parts = cutAtMatches(text, expression).map((part) => ({ ...part, matches: part.matches !== invert }))
  const atStart = (pieces: readonly string[]): Piece[] =>
    pieces.map((piece, index) => ({ text: piece, first: first && index === 0 }))
  switch (behavior) {
    case 'isolated':
      return atStart(parts.map((part) => part.text))
    case 'removed':
      return parts.flatMap((part, index) =>
        part.matches ? [] : [{ text: part.text, first: first && index === 0 }],
      )
    case 'contiguous':
      return atStart(joined(parts, (before, part) => before.matches === part.matches))
    case 'merged-with-previous':
      return atStart(joined(parts, (before, part) => part.matches && !before.matches))
    case 'merged-with-next':
      return atStart(joined(parts, (before, part) => before.matches && !part.matches))
  }
}

/** The parts' texts, each put to the one before it where the two are to be one. */
function joined(parts: readonly Part[], areOne: (before: Part, part: Part) => boolean): string[] {
  const texts: string[] = []
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1]
    if (before !== undefined && areOne(before, part)) texts.push((texts.pop() ?? '') + part.text)
    else texts.push(part.text)
  }
  return texts
}

/** The matches of a global expression and what lies between them, without empty parts. */
function cutAtMatches(text: string, expression: RegExp): Part[] {
  const parts: Part[] = []
  let reached = 0
  for (const match of text.matchAll(expression)) {
    if (match[0] === '') continue
    if (match.index > reached) parts.push({ text: text.slice(reached, match.index), matches: false })
    parts.push({ text: match[0], matches: true })
    reached = match.index + match[0].length
  }
  if (reached < text.length) parts.push({ text: text.slice(reached), matches: false })
  return parts
}

export function escapeLiteral(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`)
}
