/** A conversation as token ids by the model's chat template, and which of them training scores. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { renderChat } from './chat-rendering.ts'
import type { ChatMessage } from './chat-rendering.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface EncodedChat {
  readonly ids: number[]
  /** A flag an id, the loss mask: what the assistant says, up to and with the token that ends its turn. */
  readonly scored: boolean[]
}

/** `assistant`: covers some of an assistant's content; `text`: other text; `control`: a token of the template. */
type Origin = 'assistant' | 'text' | 'control'

/**
 * Encodes a conversation as the template writes it.
 *
 * Text is cut only at control tokens that the template wrote, and tokenised as a whole between them; what looks
 * like a control token within a content stays text. Fails with `chat-template` as `renderChat` does, and with
 * `chat-template-content` when the template rewrites a content that holds a control token's text, as then the
 * two can't be told apart.
 */
export function encodeChat(
  tokenizer: Tokenizer,
  template: string,
  messages: readonly ChatMessage[],
  options: { readonly addGenerationPrompt: boolean },
): EncodedChat {
  const [eosId] = tokenizer.eosIds
  const segments = renderChat(template, messages, {
    addGenerationPrompt: options.addGenerationPrompt,
    bosToken: tokenizer.bosId === null ? '' : tokenizer.tokenText(tokenizer.bosId),
    eosToken: eosId === undefined ? '' : tokenizer.tokenText(eosId),
  })
  const marked = new Set(segments.map(({ message }) => message))
  for (const [index, { content }] of messages.entries())
    if (!marked.has(index)) checkUnmarked(tokenizer, content)

  const ids: number[] = []
  const origins: Origin[] = []
  let run: RunPart[] = []
  const flush = (): void => {
    encodeRun(tokenizer, run, ids, origins)
    run = []
  }
  for (const { text, message } of segments) {
    if (message !== null) {
      run.push({ text, assistant: messages[message]?.role === 'assistant' })
      continue
    }
    for (const part of tokenizer.splitSpecial(text)) {
      if (typeof part === 'string') run.push({ text: part, assistant: false })
      else {
        flush()
        ids.push(part)
        origins.push('control')
      }
    }
  }
  flush()
  return { ids, scored: lossMask(ids, origins, new Set(tokenizer.eosIds)) }
}

/** A piece of text between two control tokens. */
interface RunPart {
  readonly text: string
  readonly assistant: boolean
}

/** Tokenises the parts as one text; a token counts as the assistant's if any byte of it is. */
function encodeRun(tokenizer: Tokenizer, run: readonly RunPart[], ids: number[], origins: Origin[]): void {
  const first = ids.length === 0
  const spans: { start: number; end: number }[] = []
  let text = ''
  let bytes = new Uint8Array(0)
  for (const part of run) {
    text += part.text
    const start = bytes.length
    // From the beginning each time: what is put before a text is put before all of it.
    bytes = new TextEncoder().encode(tokenizer.normalize(text, first))
    if (part.assistant) spans.push({ start, end: bytes.length })
  }
  let start = 0
  const encoded = tokenizer.encode(text, { special: false, first })
  for (const [index, id] of encoded.entries()) {
    const end =
      id === tokenizer.unknownId
        ? endOfUnknown(tokenizer, bytes, start, encoded.slice(index + 1))
        : start + tokenizer.tokenBytes(id).length
    ids.push(id)
    origins.push(spans.some((span) => start < span.end && end > span.start) ? 'assistant' : 'text')
    start = end
  }
}

/** An unknown token doesn't tell how long its text was: it reaches to the next token that is known. */
function endOfUnknown(
  tokenizer: Tokenizer,
  bytes: Uint8Array,
  start: number,
  after: readonly number[],
): number {
  const known = after.find((id) => id !== tokenizer.unknownId)
  if (known === undefined) return bytes.length
  const token = tokenizer.tokenBytes(known)
  const begins = (at: number): boolean => token.every((byte, index) => bytes[at + index] === byte)
  let end = start
  while (end < bytes.length && !begins(end)) end++
  return end
}

/**
 * An assistant's tokens and the way from the last of them to the token that ends the turn: usually that token
 * alone; a template that puts a space before it needs the space learned as well.
 */
function lossMask(
  ids: readonly number[],
  origins: readonly Origin[],
  eosIds: ReadonlySet<number>,
): boolean[] {
  const scored = origins.map((origin) => origin === 'assistant')
  for (const [index, origin] of origins.entries()) {
    if (origin !== 'assistant' || origins[index + 1] === 'assistant') continue
    let next = index + 1
    while (origins[next] === 'text') next++
    const id = ids[next]
    if (origins[next] === 'control' && id !== undefined && eosIds.has(id))
      scored.fill(true, index + 1, next + 1)
  }
  return scored
}

function checkUnmarked(tokenizer: Tokenizer, content: string): void {
  const control = tokenizer.splitSpecial(content).find((part) => typeof part === 'number')
  if (control === undefined) return
  throw new Failure(
    'chat-template-content',
    sentence`A message contains "${tokenizer.tokenText(control)}", which steers this model, and the model's chat template rewrites messages so that it could not be kept as text. Remove it from the message.`,
  )
}
