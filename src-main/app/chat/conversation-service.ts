/** Conversations: starting, opening, changing, deleting with undo. */
import { randomUUID } from 'node:crypto'
import type { Conversation, Message } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { ProcedureInput } from '../../contract/procedures.ts'
import type { Adapters } from '../assistants/adapter-service.ts'
import type { Models } from '../models/model-service.ts'
import type { Storage } from '../storage/storage.ts'

export interface Conversations {
  list(): Conversation[]
  create(input: ProcedureInput<'conversations.create'>): Conversation
  get(id: string): Conversation
  open(id: string): { conversation: Conversation; messages: Message[] }
  update(changes: ProcedureInput<'conversations.update'>): Conversation
  remove(id: string): void
  restore(id: string): Conversation
}

export function openConversations(storage: Storage, models: Models, adapters: Adapters): Conversations {
  const get = (id: string): Conversation => {
    const conversation = storage.conversations.get(id)
    if (conversation === undefined) throw notFound()
    return conversation
  }
  return {
    list: () => storage.conversations.list(),
    get,
    create({ modelId }) {
      const now = Date.now()
      const conversation: Conversation = {
        id: randomUUID(),
        title: '',
        modelId: modelId === null ? null : models.find(modelId).id,
        adapterId: null,
        strength: 1,
        systemPrompt: '',
        createdAt: now,
        updatedAt: now,
      }
      storage.conversations.insert(conversation)
      return conversation
    },
    open: (id) => ({ conversation: get(id), messages: storage.messages.list(id) }),
    update({ id, title, modelId, adapterId, strength, systemPrompt }) {
      get(id)
      return storage.transaction(() => {
        if (title !== undefined) storage.conversations.setTitle(id, title)
        if (modelId !== undefined) storage.conversations.setModel(id, modelId && models.find(modelId).id)
        if (adapterId !== undefined)
          storage.conversations.setAdapter(id, adapterId && adapters.get(adapterId).id)
        if (strength !== undefined) storage.conversations.setStrength(id, strength)
        if (systemPrompt !== undefined) storage.conversations.setSystemPrompt(id, systemPrompt)
        return get(id)
      })
    },
    remove(id) {
      if (!storage.conversations.remove(id, Date.now())) throw notFound()
    },
    restore(id) {
      storage.conversations.restore(id)
      return get(id)
    },
  }
}

function notFound(): Failure {
  return new Failure(
    'conversation-not-found',
    'This conversation is no longer there. It was deleted, perhaps in another window.',
  )
}
