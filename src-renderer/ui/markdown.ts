/** Markdown to safe HTML, block by block, so that a growing text only changes its last block. */
import DOMPurify from 'dompurify'
import { Lexer, Parser, Renderer, type Tokens } from 'marked'

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

class ChatRenderer extends Renderer {
  override code({ text, lang }: Tokens.Code): string {
    const language = escapeHtml(lang?.split(/\s/)[0] ?? '')
    const head = `<div class="code-head"><span>${language}</span><button type="button" class="copy-code">Copy</button></div>`
    return `<div class="code-block">${head}<pre tabindex="0"><code>${escapeHtml(text)}\n</code></pre></div>`
  }

  /** Pictures would be fetched from the network: they become links. */
  override image({ href, text }: Tokens.Image): string {
    return `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`
  }

  override table(token: Tokens.Table): string {
    return `<div class="table" tabindex="0" role="group" aria-label="Table">${super.table(token)}</div>`
  }

  override checkbox({ checked }: Tokens.Checkbox): string {
    return checked ? '☑ ' : '☐ '
  }

  /** HTML that a model writes is text that it shows, not markup of ours. */
  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return escapeHtml(text)
  }
}

const renderer = new ChatRenderer()

const allowed = {
  ALLOWED_TAGS: [
    'a', 'b', 'blockquote', 'br', 'button', 'code', 'del', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
    'hr', 'i', 'li', 'ol', 'p', 'pre', 's', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
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
  ],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
}

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return
  node.setAttribute('target', '_blank')
  node.setAttribute('rel', 'noopener noreferrer')
})

/** Renders texts that grow; keeps the blocks it has already rendered. */
export class MarkdownRenderer {
  #known = new Map<string, string>()

  /** The text's blocks as sanitised HTML, in order. */
  render(text: string): string[] {
    const known = new Map<string, string>()
    const tokens = new Lexer({ gfm: true, breaks: true }).lex(text)
    const blocks: string[] = []
    for (const token of tokens) {
      if (token.type === 'space') continue
      const html =
        this.#known.get(token.raw) ??
        DOMPurify.sanitize(new Parser({ renderer, gfm: true, breaks: true }).parse([token]), allowed)
      known.set(token.raw, html)
      blocks.push(html)
    }
    this.#known = known
    return blocks
  }
}
