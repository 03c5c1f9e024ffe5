/** A turn of a conversation: the question is saved, the answer streamed and saved. */
import { randomUUID } from 'node:crypto'
import type { Conversation, Message } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { Handler, ProcedureEvent } from '../../contract/procedures.ts'
import type { Engine } from '../../engine/contract.ts'
import type { ResolvePair } from '../assistants/answering-pair.ts'
import { mapEvents } from '../event-stream.ts'
import type { SettingsService } from '../settings/settings.ts'
import type { NewMessage } from '../storage/tables/messages.ts'
import type { Storage } from '../storage/storage.ts'
import { chatInput, tokensPerSecond } from './answer.ts'
import type { Conversations } from './conversation-service.ts'
import { history } from './history.ts'
import { titleOf } from './title.ts'

export interface SendOptions {
  readonly storage: Storage
  readonly engine: Engine
  readonly conversations: Conversations
  readonly settings: SettingsService
  readonly resolvePair: ResolvePair
}

type Ending = Pick<Message, 'status' | 'tokensPerSecond'>

/** Errors: those of model and adapter, before anything is saved; the engine's, after what came is saved as `failed`. */
export function sendMessage(options: SendOptions): Handler<'chat.send'> {
  const { storage, engine, conversations, settings, resolvePair } = options
  /** Conversations in which an answer is coming. */
  const answering = new Set<string>()

  function saveQuestion(conversation: Conversation, content: string): Message {
    return storage.transaction(() => {
      const question = storage.messages.append(newMessage(conversation, 'user', content))
      if (conversation.title === '') storage.conversations.setTitle(conversation.id, titleOf(content))
      storage.conversations.touch(conversation.id, question.createdAt)
      return question
    })
  }

  function saveAnswer(conversation: Conversation, content: string, ending: Ending): Message {
    return storage.transaction(() => {
      const message = { ...newMessage(conversation, 'assistant', content), ...ending }
      const answer = storage.messages.append({ ...message, adapterId: conversation.adapterId })
      storage.conversations.touch(conversation.id, answer.createdAt)
      return answer
    })
  }

  async function* answer(
    conversation: Conversation,
    content: string,
    signal: AbortSignal,
  ): AsyncGenerator<ProcedureEvent<'chat.send'>, Message> {
    const { modelId, adapterId, strength } = conversation
    const adapter = adapterId === null ? null : (storage.adapters.get(adapterId) ?? null)
    const pair = await resolvePair({ model: modelId, adapter, strength })
    yield { type: 'asked', message: saveQuestion(conversation, content) }

    const messages = history(conversation.systemPrompt, storage.messages.list(conversation.id))
    const input = chatInput(pair, messages, settings.get().sampling)
    let text = ''
    // What holds if the reader leaves in the middle of the stream.
    let ending: Ending = { status: 'stopped', tokensPerSecond: null }
    let saved: Message
    try {
      const result = yield* mapEvents(engine.run('chat', input, signal), (event) => {
        text += event.text
        return { type: 'text' as const, text: event.text }
      })
      text = result.text
      ending = {
        status: result.stopReason === 'stopped' ? 'stopped' : 'complete',
        tokensPerSecond: tokensPerSecond(result),
      }
    } catch (error) {
      // An engine that is closed under a stopped answer has not failed.
      if (!signal.aborted) {
        ending = { status: 'failed', tokensPerSecond: null }
        throw error
      }
    } finally {
      saved = saveAnswer(conversation, text, ending)
    }
    return saved
  }

  return async function* send({ conversationId, content }, signal) {
    const conversation = conversations.get(conversationId)
    if (answering.has(conversationId)) {
      throw new Failure(
        'answer-in-progress',
        'An answer is still being written in this conversation. Stop it or wait for its end.',
      )
    }
    answering.add(conversationId)
    try {
      return yield* answer(conversation, content, signal)
    } finally {
      answering.delete(conversationId)
    }
  }
}

function newMessage(conversation: Conversation, role: Message['role'], content: string): NewMessage {
  return {
    id: randomUUID(),
    conversationId: conversation.id,
    role,
    content,
    status: 'complete',
    rating: 'none',
    adapterId: null,
    tokensPerSecond: null,
    createdAt: Date.now(),
  }
}
