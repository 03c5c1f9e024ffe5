import { Marked } from 'marked'
import { expect, test } from 'vitest'
import { mathExtensions } from '../../src-renderer/ui/markdown/math-tokens.ts'

const marked = new Marked({
  extensions: mathExtensions(({ tex, displayMode }) => (displayMode ? `[[${tex}]]` : `[${tex}]`)),
})
const html = (text: string): string => String(marked.parse(text)).trim()

test.each([
  ['so $x^2$ it is', '<p>so [x^2] it is</p>'],
  ['so \\(x^2\\) it is', '<p>so [x^2] it is</p>'],
  ['$$\nx^2\n$$', '[[x^2]]'],
  ['above\n\n\\[ a_1 * b * c \\]\n\nbelow', '<p>above</p>\n[[a_1 * b * c]]<p>below</p>'],
  ['costs $5 and $6 a day', '<p>costs $5 and $6 a day</p>'],
  ['from $5 to 6$', '<p>from [5 to 6]</p>'],
  ['`$x$` is code', '<p><code>$x$</code> is code</p>'],
  ['an open $x^2', '<p>an open $x^2</p>'],
  ['$a \\$ b$', '<p>[a \\$ b]</p>'],
])('%j', (text, expected) => expect(html(text)).toBe(expected))
