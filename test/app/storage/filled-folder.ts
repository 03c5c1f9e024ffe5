/** Data folders with something of everything in them, for tests of what must never lose it. */
import { createHash } from 'node:crypto'
import type { Conversation } from '../../../src-main/contract/entities.ts'
import { openStorage, type Storage } from '../../../src-main/app/storage/storage.ts'

export function conversation(id: string, changes: Partial<Conversation> = {}): Conversation {
  return {
    id,
    title: id,
    modelId: null,
    modelName: null,
    adapterId: null,
    strength: 1,
    systemPrompt: '',
    pinned: false,
    leafId: null,
    draft: '',
    createdAt: 1,
    updatedAt: 1,
    ...changes,
  }
}

export function say(storage: Storage, conversationId: string, content: string, id: string): void {
  storage.messages.append({
    id,
    conversationId,
    parentId: null,
    role: 'user',
    content,
    status: 'complete',
    rating: 'none',
    adapterId: null,
    strength: null,
    tokensPerSecond: null,
    contextTokens: null,
    contextFrom: null,
    createdAt: 1,
  })
}

export function putExample(storage: Storage, id: string, answer: string, updatedAt = 1): void {
  const messages = [
    { role: 'user' as const, content: 'Q' },
    { role: 'assistant' as const, content: answer },
  ]
  if (storage.examples.get(id) !== undefined) storage.examples.setMessages(id, messages, updatedAt)
  else {
    const times = { createdAt: 1, updatedAt }
    storage.examples.put({
      id,
      messages,
      rejected: null,
      status: 'approved',
      tags: [],
      provenance: { kind: 'hand' },
      ...times,
    })
  }
}

export function putAdapter(storage: Storage, id: string, name: string, bytes = Buffer.from(id)): void {
  storage.adapters.insert(
    {
      id,
      name,
      modelId: 'm',
      modelHash: 'h',
      rank: 4,
      targets: ['q_proj'],
      projectionKey: 0,
      parameterCount: 1,
      sizeBytes: bytes.length,
      runId: null,
      origin: 'trained',
      parents: [],
      notes: '',
      lossBefore: null,
      lossAfter: null,
      createdAt: 1,
    },
    {
      file: bytes,
      fileHash: createHash('sha256').update(bytes).digest('hex'),
      modelName: 'M',
      chatTemplateHash: null,
    },
  )
}

/** One conversation with two messages, one example, one adapter. */
export function filledStorage(directory: string): Storage {
  const storage = openStorage(directory)
  storage.conversations.insert(conversation('c1'))
  say(storage, 'c1', 'the yellow house', 'm1')
  say(storage, 'c1', 'a dog called Bramble', 'm2')
  putExample(storage, 'e1', 'first')
  putAdapter(storage, 'a1', 'Pim')
  return storage
}
