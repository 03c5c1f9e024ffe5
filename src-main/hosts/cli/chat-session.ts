import { Failure } from '../../contract/failure.ts'
import type { ChatRequest } from '../../app/services.ts'
import type { ChatMessage } from '../../engine/contract.ts'
import type { Context } from './command.ts'
import { drain } from './drain.ts'
import { count } from './format.ts'

/** Lines that a person types, one after another. */
export interface LineReader {
  /** The next line; null when there will be none: the input ended, or Ctrl+C came while a line was awaited. */
  next(): Promise<string | null>
  /** Calls the listener on a Ctrl+C that comes while no line is awaited; answers how to stop that. */
  onInterrupt(listener: () => void): () => void
  close(): void
}

/**
 * A conversation in the terminal: each line is a message, each answer is streamed.
 *
 * Ctrl+C stops an answer, which stays in the conversation as far as it came; a second one leaves.
 */
export async function converse(
  context: Context,
  request: Omit<ChatRequest, 'messages'>,
  opening: readonly ChatMessage[],
): Promise<unknown> {
  const { services, output } = context
  const lines = context.readLines()
  let messages = opening
  let answers = 0
  try {
    for (;;) {
      const content = await lines.next()
      if (content === null) break
      if (content.trim() === '') continue
      const controller = new AbortController()
      let leave = false
      const release = lines.onInterrupt(() => {
        leave = controller.signal.aborted
        controller.abort()
        if (leave) lines.close()
      })
      const asked: readonly ChatMessage[] = [...messages, { role: 'user', content }]
      const answer = services.chat.answer({ ...request, messages: asked }, controller.signal)
      try {
        const { text } = await drain(answer, (event) => output.text(event.text))
        messages = [...asked, { role: 'assistant', content: text }]
        answers += 1
        output.line()
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        // The conversation goes on as if the message had not been sent: it can be sent again.
        output.line()
        output.note(error.message)
      } finally {
        release()
      }
      if (leave) break
    }
  } finally {
    lines.close()
  }
  output.note(`${count(answers, 'answer')}.`)
  return { messages, model: request.model, adapter: request.adapter }
}
