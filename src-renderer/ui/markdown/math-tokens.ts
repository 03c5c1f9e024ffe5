/** Where formulas stand in Markdown: `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` on their own. */
import type { TokenizerAndRendererExtension } from 'marked'

export interface MathToken {
  readonly tex: string
  readonly displayMode: boolean
}

/** A dollar sign is money unless the formula sits close in it: "$5 and $6" is none. */
const inline = /^(?:\$(?!\s)((?:\\.|[^\\$\n])+?)(?<!\s)\$(?!\d)|\\\((.+?)\\\))/
const display = /^ {0,3}(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])(?=\s|$)/

/** @param render the HTML of a formula */
export function mathExtensions(render: (math: MathToken) => string): TokenizerAndRendererExtension[] {
  const extension = (level: 'block' | 'inline', rule: RegExp): TokenizerAndRendererExtension => ({
    name: `${level}-math`,
    level,
    start: (text) => {
      const index = text.search(level === 'inline' ? /\$|\\\(/ : /\$\$|\\\[/)
      return index < 0 ? undefined : index
    },
    tokenizer(text) {
      const match = rule.exec(text)
      const tex = match?.[1] ?? match?.[2]
      if (match === null || tex === undefined) return undefined
      return { type: `${level}-math`, raw: match[0], tex: tex.trim() }
    },
    renderer: (token) => render({ tex: String(token['tex']), displayMode: level === 'block' }),
  })
  return [extension('block', display), extension('inline', inline)]
}
