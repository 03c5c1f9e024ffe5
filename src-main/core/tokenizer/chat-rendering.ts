/**
 * Renders a conversation with the model's own Jinja template and tells what came from the messages apart from
 * what the template wrote, so that control tokens someone typed can be kept as text.
 *
 * How: the template runs twice, once on the real contents and once on contents between invisible marks. If the
 * second result without its marks is the first one, the marks show where each content went. If it isn't, the
 * template rewrites contents and they are left unmarked.
 */
import { Failure, messageOf } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { BoundedTemplate } from './bounded-template.ts'

export interface ChatMessage {
  readonly role: string
  readonly content: string
}

export interface RenderOptions {
  /** End with the start of an assistant turn, for the model to go on. */
  readonly addGenerationPrompt: boolean
  /** What the template may print as `bos_token` and `eos_token`. */
  readonly bosToken: string
  readonly eosToken: string
}

/** A part of the rendered text; joined, the parts are the text. */
export interface ChatSegment {
  readonly text: string
  /** The index of the message whose content this is, or null for what the template wrote. */
  readonly message: number | null
}

/**
 * Marks are private-use characters beyond the first plane: the one of message i opens at U+F0000 + i and closes
 * at U+100000 + i.
 */
const openMark = 0xf0000
const closeMark = 0x100000
const anyMark = /[\u{f0000}-\u{10ffff}]/gu
const maxMarkedMessages = 0xfff0

/** Rare white space, to see whether the template trims contents: trimming takes it away. */
const rareSpaces = ['\u2005', '\u2004', '\u2006', '\u2008', '\u200a']

/**
 * Fails with `chat-template` when the template can't be read, refuses the conversation (for example a role it
 * doesn't know) or does not end within bounds.
 *
 * Contents that are blank, that the template leaves out or that it rewrites are in no segment of their own.
 */
export function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  options: RenderOptions,
): readonly ChatSegment[] {
  const compiled = compile(template)
  const text = render(compiled, messages, options)
  return markedSegments(compiled, template, messages, options, text) ?? [{ text, message: null }]
}

function compile(template: string): BoundedTemplate {
  try {
    return new BoundedTemplate(template)
  } catch (cause) {
    throw new Failure(
      'chat-template',
      sentence`The model's chat template cannot be read: ${reasonOf(cause)}.`,
      {
        cause,
      },
    )
  }
}

function render(template: BoundedTemplate, messages: readonly ChatMessage[], options: RenderOptions): string {
  try {
    return template.render({
      messages,
      add_generation_prompt: options.addGenerationPrompt,
      bos_token: options.bosToken,
      eos_token: options.eosToken,
    })
  } catch (cause) {
    throw new Failure(
      'chat-template',
      sentence`The model's chat template does not accept this conversation: ${reasonOf(cause)}.`,
      { cause },
    )
  }
}

/** The segments of `text`, or null where marks can't be placed or don't come back in pairs. */
function markedSegments(
  compiled: BoundedTemplate,
  template: string,
  messages: readonly ChatMessage[],
  options: RenderOptions,
  text: string,
): ChatSegment[] | null {
  const everything = [template, ...messages.map(({ content }) => content)].join('')
  if (messages.length > maxMarkedMessages || everything.search(anyMark) >= 0) return null
  const rareSpace = rareSpaces.find((candidate) => !everything.includes(candidate)) ?? ''
  const marked = messages.map((message, index) => ({
    ...message,
    content: mark(message.content, index, rareSpace),
  }))
  const unmark = (part: string): string => {
    const unmarked = part.replace(anyMark, '')
    return rareSpace === '' ? unmarked : unmarked.replaceAll(rareSpace, '')
  }
  let rendered: string
  try {
    rendered = render(compiled, marked, options)
  } catch {
    // It accepted the plain contents, so it only minds the marks.
    return null
  }
  if (unmark(rendered) !== text) return null

  const segments: ChatSegment[] = []
  const add = (part: string, message: number | null): void => {
    const plain = unmark(part)
    if (plain !== '') segments.push({ text: plain, message })
  }
  let reached = 0
  for (const match of rendered.matchAll(anyMark)) {
    if (match.index < reached) continue
    const index = (match[0].codePointAt(0) ?? 0) - openMark
    const content = messages[index]?.content
    if (content === undefined) return null
    const close = rendered.indexOf(String.fromCodePoint(closeMark + index), match.index)
    if (close < 0) return null
    // Outer white space of the content is part of it if the template left it there.
    const [lead, trail] = outerSpace(content)
    const before = rareSpace + lead
    const after = trail + rareSpace
    const start = rendered.endsWith(before, match.index)
      ? Math.max(reached, match.index - before.length)
      : match.index
    const end = close + 2 + (rendered.startsWith(after, close + 2) ? after.length : 0)
    add(rendered.slice(reached, start), null)
    add(rendered.slice(start, end), index)
    reached = end
  }
  add(rendered.slice(reached), null)
  return segments
}

/** A content with its marks inside and the rare space outside of its own outer white space. */
function mark(content: string, index: number, rareSpace: string): string {
  const inner = content.trim()
  // A blank content must stay blank: templates test for that.
  if (inner === '') return content
  const [lead, trail] = outerSpace(content)
  const open = String.fromCodePoint(openMark + index)
  const close = String.fromCodePoint(closeMark + index)
  return `${rareSpace}${lead}${open}${inner}${close}${trail}${rareSpace}`
}

function outerSpace(content: string): [lead: string, trail: string] {
  return [
    content.slice(0, content.length - content.trimStart().length),
    content.slice(content.trimEnd().length),
  ]
}

function reasonOf(error: unknown): string {
  return messageOf(error).replace(/\.$/, '')
}
