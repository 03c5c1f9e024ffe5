/** Thumbs and better answers: how a conversation becomes examples. */
import { isDeepStrictEqual } from 'node:util'
import type { Example, Message } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { pathTo } from '../../contract/message-tree.ts'
import type { ChatMessage } from '../../engine/contract.ts'
import type { Storage } from '../storage/storage.ts'
import { newExample } from '../examples/new-example.ts'
import { learnedConversation } from './learned-conversation.ts'

export interface Teaching {
  /** Up makes an example of the answer, taking it back removes that example. */
  rate(messageId: string, rating: Message['rating']): Message
  /** Keeps the better answer as an example; the original is its rejected one. */
  teach(messageId: string, answer: string): Example
  /** Changes an example that an answer may be corrected by; later examples of the conversation follow. */
  changing<T>(messageId: string | null, change: () => T): T
}

export function openTeaching(storage: Storage): Teaching {
  const better = (message: Message): string | undefined =>
    storage.examples.ofMessage(message.id)?.messages.at(-1)?.content

  function learned(message: Message, text?: string): ChatMessage[] {
    const systemPrompt = storage.conversations.get(message.conversationId)?.systemPrompt ?? ''
    const path = pathTo(storage.messages.list(message.conversationId), message.id)
    return learnedConversation(systemPrompt, path, message, better, text)
  }

  /** Examples of later answers on the branches through a message that are still as they were derived: those that a person edited stay. */
  function derivedAfter(message: Message): { id: string; answer: Message; messages: ChatMessage[] }[] {
    const all = storage.messages.list(message.conversationId)
    const later = all.filter(
      ({ id }) => id !== message.id && pathTo(all, id).some((one) => one.id === message.id),
    )
    return later.flatMap((answer) => {
      const example = storage.examples.ofMessage(answer.id)
      if (example === undefined) return []
      const messages = learned(answer, example.messages.at(-1)?.content)
      return isDeepStrictEqual(messages, example.messages) ? [{ id: example.id, answer, messages }] : []
    })
  }

  function changing<T>(messageId: string | null, change: () => T): T {
    const message = messageId === null ? undefined : storage.messages.get(messageId)
    if (message === undefined) return change()
    return storage.transaction(() => {
      const derived = derivedAfter(message)
      const result = change()
      for (const { id, answer, messages } of derived) {
        const now = learned(answer, messages.at(-1)?.content)
        if (!isDeepStrictEqual(now, messages)) storage.examples.setMessages(id, now, Date.now())
      }
      return result
    })
  }

  function answer(messageId: string): Message {
    const message = storage.messages.get(messageId)
    if (message === undefined) {
      throw new Failure('message-not-found', 'This message is no longer there.')
    }
    if (message.role !== 'assistant') {
      throw new Failure('not-an-answer', 'Only an answer can be rated or taught, not a question.')
    }
    return message
  }

  return {
    changing,
    rate(messageId, rating) {
      const message = answer(messageId)
      if (rating === 'up' && (message.status !== 'complete' || message.content.trim() === '')) {
        throw new Failure(
          'answer-incomplete',
          'This answer has no proper end, so that nothing good can be learned from it. Write the better answer instead.',
        )
      }
      return changing(messageId, () => {
        storage.messages.rate(messageId, rating)
        const example = storage.examples.ofMessage(messageId)
        if (rating === 'up' && example === undefined) {
          storage.examples.put(newExample({ kind: 'rated', messageId }, { messages: learned(message) }))
        }
        if (rating !== 'up' && example?.provenance.kind === 'rated') {
          storage.examples.remove(example.id, Date.now())
        }
        return answer(messageId)
      })
    },
    teach(messageId, text) {
      const message = answer(messageId)
      const rejected = message.content.trim() === '' || message.content === text ? null : message.content
      return changing(messageId, () =>
        storage.examples.put(
          newExample({ kind: 'taught', messageId }, { messages: learned(message, text), rejected }),
        ),
      )
    },
  }
}
