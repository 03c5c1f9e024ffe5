/** Markdown to safe HTML, block by block, so that a growing text only changes its last block. */
import DOMPurify from 'dompurify'
import { Lexer, Marked, Parser, Renderer, type Tokens } from 'marked'
import { t } from '../../texts/texts.ts'
import type { Extras } from './extras.svelte.ts'
import { mathExtensions } from './math-tokens.ts'

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

class ChatRenderer extends Renderer {
  readonly #extras: Extras

  constructor(extras: Extras) {
    super()
    this.#extras = extras
  }

  override code({ text, lang }: Tokens.Code): string {
    const name = lang?.split(/\s/)[0] ?? ''
    const language = escapeHtml(name)
    const coloured = this.#extras.highlight?.(text, name.toLowerCase()) ?? escapeHtml(text)
    const head = `<div class="code-head"><span>${language}</span><button type="button" class="copy-code">${escapeHtml(t.markdown.copy)}</button></div>`
    return `<div class="code-block">${head}<pre tabindex="0" role="group" aria-label="${escapeHtml(t.markdown.code(name))}"><code>${coloured}\n</code></pre></div>`
  }

  /** Pictures would be fetched from the network: they become links. */
  override image({ href, text }: Tokens.Image): string {
    return `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`
  }

  override table(token: Tokens.Table): string {
    return `<div class="table" tabindex="0" role="group" aria-label="${escapeHtml(t.markdown.table)}">${super.table(token)}</div>`
  }

  override checkbox({ checked }: Tokens.Checkbox): string {
    return checked ? '☑ ' : '☐ '
  }

  /** HTML that a model writes is text that it shows, not markup of ours. */
  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return escapeHtml(text)
  }
}

/** A reader and a writer of Markdown with formulas. */
function markdownWith(extras: Extras): { lexer: Lexer; parser: Parser } {
  const math = mathExtensions(({ tex, displayMode }) => {
    const rendered = extras.renderMath?.(tex, displayMode)
    if (!rendered) return `<code>${escapeHtml(tex)}</code>`
    return displayMode
      ? `<div class="formula" tabindex="0" role="group" aria-label="${escapeHtml(t.markdown.formula)}">${rendered}</div>`
      : rendered
  })
  const options = new Marked({ gfm: true, breaks: true, extensions: math }).defaults
  return {
    lexer: new Lexer(options),
    parser: new Parser({ ...options, renderer: new ChatRenderer(extras) }),
  }
}

const allowed = {
  ALLOWED_TAGS: [
    'a', 'b', 'blockquote', 'br', 'button', 'code', 'del', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
    'hr', 'i', 'li', 'ol', 'p', 'pre', 's', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
    'annotation', 'math', 'menclose', 'merror', 'mfrac', 'mi', 'mmultiscripts', 'mn', 'mo', 'mover', 'mpadded',
    'mphantom', 'mprescripts', 'mroot', 'mrow', 'ms', 'mspace', 'msqrt', 'mstyle', 'msub', 'msubsup', 'msup',
    'mtable', 'mtd', 'mtext', 'mtr', 'munder', 'munderover', 'none', 'semantics',
  ], // prettier-ignore
  ALLOWED_ATTR: [
    'href',
    'class',
    'type',
    'tabindex',
    'role',
    'aria-label',
    'align',
    'start',
    'target',
    'rel',
    'accent', 'accentunder', 'columnalign', 'columnlines', 'columnspacing', 'depth', 'display', 'displaystyle',
    'fence', 'form', 'height', 'largeop', 'linethickness', 'lspace', 'mathvariant', 'maxsize', 'minsize',
    'movablelimits', 'notation', 'rowlines', 'rowspacing', 'rspace', 'scriptlevel', 'separator', 'stretchy',
    'symmetric', 'voffset', 'width',
  ], // prettier-ignore
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  // What the content policy lets become markup; a string in browsers that don't know it.
  RETURN_TRUSTED_TYPE: true as const,
}

const clean = (html: string) => DOMPurify.sanitize(html, allowed)
type CleanHtml = ReturnType<typeof clean>

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return
  node.setAttribute('target', '_blank')
  node.setAttribute('rel', 'noopener noreferrer')
})

/** Renders texts that grow; keeps the blocks it has already rendered. */
export class MarkdownRenderer {
  #known = new Map<string, CleanHtml>()
  #extras: Extras | null = null

  /** The text's blocks as sanitised HTML, in order; coloured and with formulas as far as the extras are there. */
  render(text: string, extras: Extras): CleanHtml[] {
    if (extras !== this.#extras) this.#known.clear()
    this.#extras = extras
    const { lexer, parser } = markdownWith(extras)
    const known = new Map<string, CleanHtml>()
    const blocks: CleanHtml[] = []
    for (const token of lexer.lex(text)) {
      if (token.type === 'space') continue
      const html = this.#known.get(token.raw) ?? clean(parser.parse([token]))
      known.set(token.raw, html)
      blocks.push(html)
    }
    this.#known = known
    return blocks
  }
}
