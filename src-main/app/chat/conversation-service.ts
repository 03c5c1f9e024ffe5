/** Conversations: starting, opening, finding, changing, deleting with undo; and the personas they may use. */
import { randomUUID } from 'node:crypto'
import type { Adapter, Conversation, FoundMessage, Message, Persona } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { ProcedureInput, ProcedureResult } from '../../contract/procedures.ts'
import type { Adapters } from '../assistants/adapter-service.ts'
import type { Models } from '../models/model-service.ts'
import type { Storage } from '../storage/storage.ts'
import { exportConversation } from './export-conversation.ts'

export interface Conversations {
  list(): Conversation[]
  create(input: ProcedureInput<'conversations.create'>): Conversation
  get(id: string): Conversation
  open(id: string): { conversation: Conversation; messages: Message[] }
  update(changes: ProcedureInput<'conversations.update'>): Conversation
  /** Moves the conversations with one of these adapters to another one. */
  adopt(adapter: Adapter, fromIds: readonly string[]): ProcedureResult<'adapters.adopt'>
  remove(id: string): void
  restore(id: string): Conversation
  /** A message, of the given conversation if one is given. */
  message(id: string, conversationId?: string): Message
  search(text: string): FoundMessage[]
  export(id: string, format: 'markdown' | 'json'): ProcedureResult<'conversations.export'>
  personas(): Persona[]
  putPersona(persona: Persona): Persona[]
  removePersona(id: string): Persona[]
}

export function openConversations(storage: Storage, models: Models, adapters: Adapters): Conversations {
  const get = (id: string): Conversation => {
    const conversation = storage.conversations.get(id)
    if (conversation === undefined) throw notFound()
    return conversation
  }
  const message = (id: string, conversationId?: string): Message => {
    const found = storage.messages.get(id)
    if (found === undefined || (conversationId ?? found.conversationId) !== found.conversationId) {
      throw new Failure('message-not-found', 'This message is no longer there.')
    }
    return found
  }
  return {
    message,
    list: () => storage.conversations.list(),
    get,
    create({ modelId }) {
      const now = Date.now()
      const model = modelId === null ? null : models.find(modelId)
      const conversation: Conversation = {
        id: randomUUID(),
        title: '',
        modelId: model?.id ?? null,
        modelName: model?.name ?? null,
        adapterId: null,
        strength: 1,
        systemPrompt: '',
        pinned: false,
        leafId: null,
        draft: '',
        createdAt: now,
        updatedAt: now,
      }
      storage.conversations.insert(conversation)
      return conversation
    },
    open: (id) => ({ conversation: get(id), messages: storage.messages.list(id) }),
    update({ id, title, modelId, adapterId, strength, systemPrompt, pinned, leafId, draft }) {
      get(id)
      return storage.transaction(() => {
        if (title !== undefined) storage.conversations.setTitle(id, title)
        if (modelId !== undefined) storage.conversations.setModel(id, modelId && models.find(modelId).id)
        if (adapterId !== undefined)
          storage.conversations.setAdapter(id, adapterId && adapters.get(adapterId).id)
        if (strength !== undefined) storage.conversations.setStrength(id, strength)
        if (systemPrompt !== undefined) storage.conversations.setSystemPrompt(id, systemPrompt)
        if (pinned !== undefined) storage.conversations.setPinned(id, pinned)
        if (leafId !== undefined) storage.conversations.setLeaf(id, message(leafId, id).id)
        if (draft !== undefined) storage.conversations.setDraft(id, draft)
        return get(id)
      })
    },
    adopt(adapter, fromIds) {
      const from = new Set(fromIds)
      return storage.transaction(() => {
        return storage.conversations.list().flatMap(({ id, adapterId }) => {
          if (adapterId === null || adapterId === adapter.id || !from.has(adapterId)) return []
          storage.conversations.setAdapter(id, adapter.id)
          return [{ conversationId: id, adapterId }]
        })
      })
    },
    remove(id) {
      if (!storage.conversations.remove(id, Date.now())) throw notFound()
    },
    restore(id) {
      storage.conversations.restore(id)
      return get(id)
    },
    search: (text) => storage.search.find(text),
    export: (id, format) => exportConversation(get(id), storage.messages.list(id), format),
    personas: () => storage.personas.list(),
    putPersona(persona) {
      storage.personas.put(persona)
      return storage.personas.list()
    },
    removePersona(id) {
      storage.personas.remove(id)
      return storage.personas.list()
    },
  }
}

function notFound(): Failure {
  return new Failure(
    'conversation-not-found',
    'This conversation is no longer there. It was deleted, perhaps in another window.',
  )
}
