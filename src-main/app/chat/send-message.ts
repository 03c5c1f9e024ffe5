/** A turn of a conversation: the question is saved, the answer streamed and saved. */
import { randomUUID } from 'node:crypto'
import type { Conversation, Message } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { pathTo } from '../../contract/message-tree.ts'
import type { Handler, ProcedureEvent } from '../../contract/procedures.ts'
import type { ChatResult, Engine } from '../../engine/contract.ts'
import type { AnsweringPair, ResolvePair } from '../assistants/answering-pair.ts'
import { mapEvents } from '../../contract/event-stream.ts'
import type { SettingsService } from '../settings/settings.ts'
import type { NewMessage } from '../storage/tables/messages.ts'
import type { Storage } from '../storage/storage.ts'
import { chatInput, tokensPerSecond } from './answer.ts'
import type { Conversations } from './conversation-service.ts'
import { history, systemMessages, toChatMessage } from './history.ts'
import { titleOf } from './title.ts'

export interface SendOptions {
  readonly storage: Storage
  readonly engine: Engine
  readonly conversations: Conversations
  readonly settings: SettingsService
  readonly resolvePair: ResolvePair
}

export interface Sending {
  readonly send: Handler<'chat.send'>
  readonly answer: Handler<'chat.answer'>
}

/** Who answers: an adapter with its strength, or the model alone. */
type Answerer = Pick<Conversation, 'adapterId' | 'strength'>

type Ending = Pick<Message, 'status' | 'tokensPerSecond' | 'contextTokens' | 'contextFrom'>
const unmeasured = { tokensPerSecond: null, contextTokens: null, contextFrom: null } as const

/** Errors: those of model and adapter, before anything is saved; the engine's, after what came is saved as `failed`. */
export function sendMessage(options: SendOptions): Sending {
  const { storage, engine, conversations, settings, resolvePair } = options
  /** Conversations in which an answer is coming. */
  const answering = new Set<string>()

  function save(message: NewMessage): Message {
    return storage.transaction(() => {
      const saved = storage.messages.append(message)
      storage.conversations.setLeaf(saved.conversationId, saved.id)
      storage.conversations.touch(saved.conversationId, saved.createdAt)
      return saved
    })
  }

  function pairOf({ modelId }: Conversation, { adapterId, strength }: Answerer): Promise<AnsweringPair> {
    const adapter = adapterId === null ? null : (storage.adapters.get(adapterId) ?? null)
    return resolvePair({ model: modelId, adapter, strength })
  }

  /** Streams the answer to a saved question and saves it as its child, whatever comes between. */
  async function* answer(
    { systemPrompt }: Conversation,
    question: Message,
    by: Answerer,
    pair: AnsweringPair,
    signal: AbortSignal,
  ): AsyncGenerator<{ type: 'text'; text: string }, Message> {
    const said = history(pathTo(storage.messages.list(question.conversationId), question.id))
    const messages = [...systemMessages(systemPrompt), ...said.map(toChatMessage)]
    const input = chatInput(pair, messages, settings.get())
    let text = ''
    // What holds if the reader leaves in the middle of the stream.
    let ending: Ending = { status: 'stopped', ...unmeasured }
    let saved: Message
    try {
      const result = yield* mapEvents(engine.run('chat', input, signal), (event) => {
        text += event.text
        return { type: 'text' as const, text: event.text }
      })
      text = result.text
      ending = endingOf(result, said)
    } catch (error) {
      // An engine that is closed under a stopped answer has not failed.
      if (!signal.aborted) {
        ending = { status: 'failed', ...unmeasured }
        throw error
      }
    } finally {
      const { adapterId } = by
      saved = save({
        ...newMessage(question.conversationId, question.id, 'assistant', text),
        ...ending,
        adapterId,
        strength: adapterId === null ? null : by.strength,
      })
    }
    return saved
  }

  /** Keeps a conversation to one answer at a time. */
  async function* alone<E>(
    conversationId: string,
    work: AsyncGenerator<E, Message>,
  ): AsyncGenerator<E, Message> {
    if (answering.has(conversationId)) {
      throw new Failure(
        'answer-in-progress',
        'An answer is still being written in this conversation. Stop it or wait for its end.',
      )
    }
    answering.add(conversationId)
    try {
      return yield* work
    } finally {
      answering.delete(conversationId)
    }
  }

  async function* ask(
    conversation: Conversation,
    content: string,
    parentId: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<ProcedureEvent<'chat.send'>, Message> {
    const pair = await pairOf(conversation, conversation)
    const question = storage.transaction(() => {
      if (conversation.title === '') storage.conversations.setTitle(conversation.id, titleOf(content))
      storage.conversations.setDraft(conversation.id, '')
      return save(newMessage(conversation.id, parentId, 'user', content))
    })
    yield { type: 'asked', message: question }
    return yield* answer(conversation, question, conversation, pair, signal)
  }

  async function* answerAgain(
    conversation: Conversation,
    question: Message,
    by: Answerer,
    signal: AbortSignal,
  ): AsyncGenerator<{ type: 'text'; text: string }, Message> {
    return yield* answer(conversation, question, by, await pairOf(conversation, by), signal)
  }

  return {
    async *send({ conversationId, content, parentId }, signal) {
      const conversation = conversations.get(conversationId)
      const parent = parentId === undefined ? conversation.leafId : parentId
      if (parent !== null) conversations.message(parent, conversationId)
      return yield* alone(conversationId, ask(conversation, content, parent, signal))
    },
    async *answer({ messageId, by }, signal) {
      const question = conversations.message(messageId)
      if (question.role !== 'user') {
        throw new Failure('not-a-question', 'Only a question can be answered. This message is not one.')
      }
      const conversation = conversations.get(question.conversationId)
      return yield* alone(conversation.id, answerAgain(conversation, question, by ?? conversation, signal))
    },
  }
}

function endingOf(result: ChatResult, said: readonly Message[]): Ending {
  return {
    status: result.stopReason === 'stopped' ? 'stopped' : 'complete',
    tokensPerSecond: tokensPerSecond(result),
    contextTokens: result.promptTokens + result.generatedTokens,
    contextFrom: result.leftOutMessages > 0 ? (said[result.leftOutMessages]?.id ?? null) : null,
  }
}

function newMessage(
  conversationId: string,
  parentId: string | null,
  role: Message['role'],
  content: string,
): NewMessage {
  return {
    id: randomUUID(),
    conversationId,
    parentId,
    role,
    content,
    status: 'complete',
    rating: 'none',
    adapterId: null,
    strength: null,
    ...unmeasured,
    createdAt: Date.now(),
  }
}
