import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { ChatService } from '../../app/services.ts'
import type { ChatResult } from '../../engine/contract.ts'
import { errorBody, toApiError } from './api-error.ts'
import type { Completion } from './completion-request.ts'
import { type CompletionLogprobs, ShownTokens } from './completion-logprobs.ts'
import { StopText } from './stop-text.ts'

/** Answers one request, whole or as server-sent events; a client that goes away stops its answer. */
export async function complete(
  chat: ChatService,
  completion: Completion,
  response: ServerResponse,
): Promise<void> {
  const { model, stream, streamUsage } = completion
  const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model }
  if (!stream) {
    let content = ''
    const logprobs: CompletionLogprobs[] = []
    const result = await answer(chat, completion, response, (text, ofText) => {
      content += text
      if (ofText !== null) logprobs.push(ofText)
    })
    const all = { content: logprobs.flatMap((part) => part.content), refusal: null }
    const choice = {
      index: 0,
      message: { role: 'assistant', content, refusal: null },
      logprobs: completion.request.topLogprobs == null ? null : all,
      finish_reason: result.finish,
    }
    return sendJson(response, 200, {
      ...head,
      object: 'chat.completion',
      choices: [choice],
      usage: usageOf(result),
    })
  }

  const send = (data: object): unknown => response.write(`data: ${JSON.stringify(data)}\n\n`)
  const chunk = (
    delta: object,
    finish: string | null,
    logprobs: CompletionLogprobs | null = null,
  ): object => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs, finish_reason: finish }],
    // Where usage is asked for, every chunk names it, and the last one has it.
    ...(streamUsage ? { usage: null } : {}),
  })
  let begun = false
  // What fails before the first text is an error of its own, not a broken stream.
  const begin = (): void => {
    if (begun) return
    begun = true
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
    })
    send(chunk({ role: 'assistant', content: '' }, null))
  }
  try {
    const result = await answer(chat, completion, response, (text, logprobs) => {
      begin()
      send(chunk({ content: text }, null, logprobs))
    })
    begin()
    send(chunk({}, result.finish))
    if (streamUsage) send({ ...head, object: 'chat.completion.chunk', choices: [], usage: usageOf(result) })
    response.end('data: [DONE]\n\n')
  } catch (error) {
    if (!begun) throw error
    send(errorBody(toApiError(error)))
    response.end()
  }
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  })
  response.end(JSON.stringify(body))
}

async function answer(
  chat: ChatService,
  { request, stop }: Completion,
  response: ServerResponse,
  show: (text: string, logprobs: CompletionLogprobs | null) => void,
): Promise<ChatResult & { readonly finish: 'stop' | 'length' }> {
  const enough = new AbortController()
  response.on('close', () => enough.abort())
  const text = new StopText(stop)
  const tokens = new ShownTokens()
  const showAny = (shown: string): void => {
    if (shown !== '') show(shown, tokens.take(shown))
  }
  const answering = chat.answer(request, enough.signal)
  for (;;) {
    const next = await answering.next()
    if (next.done === true) {
      showAny(text.end())
      const { stopReason } = next.value
      const cut = stopReason === 'length' || stopReason === 'context'
      return { ...next.value, finish: cut && !text.stopped ? 'length' : 'stop' }
    }
    tokens.push(next.value.text, next.value.token)
    showAny(text.push(next.value.text))
    if (text.stopped) enough.abort()
  }
}

function usageOf({ promptTokens, generatedTokens, reusedTokens }: ChatResult): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: generatedTokens,
    total_tokens: promptTokens + generatedTokens,
    prompt_tokens_details: { cached_tokens: reusedTokens },
  }
}
