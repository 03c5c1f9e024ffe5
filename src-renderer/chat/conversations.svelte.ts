/** The list of conversations, and the threads that were opened: an answer goes on while another is read. */
import { createContext } from 'svelte'
import type { Adapter, Conversation, FoundMessage } from '../../src-main/contract/entities.ts'
import { t } from '../texts/texts.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { baseAnswerer, Thread, type Answerer, type ThreadEvents } from './thread.svelte.ts'

/** The address of a conversation that isn't saved yet. */
export const draftId = 'new'

/** The title, or what stands for it until the first message gives one. */
export function titleOf(conversation: Conversation | null): string {
  return conversation?.title || t.chat.list.untitled
}

/** What follows elsewhere from what happens in a conversation. */
export interface ConversationEvents {
  /** A draft was saved with its first message. */
  created(id: string): void
  /** An answer became an example, or ceased to be one. */
  examplesChanged(): void
  /** An answer was written to its end, whatever is shown by then. */
  answered(conversation: Conversation): void
}

export class Conversations {
  readonly list: Loadable<readonly Conversation[]>
  /** The conversation to be, until its first message. */
  #draft: Thread
  readonly #threads = new Map<string, Thread>()
  readonly #client: Client
  readonly #notices: Notices
  readonly #events: ConversationEvents

  constructor(client: Client, notices: Notices, events: ConversationEvents) {
    this.#client = client
    this.#notices = notices
    this.#events = events
    this.list = new Loadable(async () => {
      const conversations = await client.call('conversations.list', {})
      for (const conversation of conversations) this.#tell(conversation)
      return conversations
    })
    this.#draft = $state.raw(this.#newThread(baseAnswerer))
  }

  /** The thread at an address; a new one is loaded. */
  thread(id: string | null): Thread {
    if (id === null || id === draftId) return this.#draft
    const known = this.#threads.get(id)
    if (known) return known
    const thread = this.#newThread(baseAnswerer)
    this.#threads.set(id, thread)
    return thread
  }

  /** Starts over with an empty draft, answered by the given adapter or as the last one was. */
  startDraft(adapter: Adapter | null, like: Answerer = this.#draft.answerer): void {
    const { draft } = this.#draft
    this.#draft = this.#newThread(
      adapter
        ? { ...baseAnswerer, modelId: adapter.modelId, adapterId: adapter.id }
        : { ...like, systemPrompt: '' },
    )
    this.#draft.draft = draft
  }

  /** What was written for a new conversation before the last restart. */
  restoreDraft(text: string): void {
    if (this.#draft.draft === '') this.#draft.draft = text
  }

  /** Opens the branch with a message that was found. */
  async show({ id, conversationId }: FoundMessage): Promise<void> {
    const thread = this.thread(conversationId)
    try {
      await thread.load(conversationId)
      await thread.find(id)
    } catch (error) {
      this.#notices.fail(error)
    }
  }

  async pin(conversation: Conversation, pinned: boolean): Promise<void> {
    try {
      await this.#client.call('conversations.update', { id: conversation.id, pinned })
      await this.list.load()
    } catch (error) {
      this.#notices.fail(error)
    }
  }

  async rename(conversation: Conversation, title: string): Promise<void> {
    try {
      this.#put(await this.#client.call('conversations.update', { id: conversation.id, title }))
    } catch (error) {
      this.#notices.fail(error)
    }
  }

  /** The conversations with one of these adapters go over to this one; that can be taken back. */
  async adopt(adapter: Adapter, fromIds: readonly string[]): Promise<void> {
    try {
      const moved = await this.#client.call('adapters.adopt', { id: adapter.id, fromIds: [...fromIds] })
      await this.list.load()
      this.#notices.offerUndo(t.assistants.adopted(moved.length, adapter.name), async () => {
        for (const { conversationId: id, adapterId } of moved) {
          await this.#client.call('conversations.update', { id, adapterId })
        }
        await this.list.load()
      })
    } catch (error) {
      this.#notices.fail(error)
    }
  }

  /** True when it was deleted; it can be brought back for a while. */
  async remove(conversation: Conversation): Promise<boolean> {
    try {
      await this.#client.call('conversations.remove', { id: conversation.id })
    } catch (error) {
      this.#notices.fail(error)
      return false
    }
    this.#threads.get(conversation.id)?.stop()
    this.#threads.delete(conversation.id)
    this.list.value = this.list.value?.filter((other) => other.id !== conversation.id)
    this.#notices.offerUndo(t.chat.list.removed(titleOf(conversation)), async () => {
      await this.#client.call('conversations.restore', { id: conversation.id })
      await this.list.load()
    })
    return true
  }

  #newThread(answerer: Answerer): Thread {
    const events: ThreadEvents = {
      created: (thread, conversation) => {
        this.#threads.set(conversation.id, thread)
        this.startDraft(null, thread.answerer)
        void this.list.load()
        this.#events.created(conversation.id)
      },
      changed: () => void this.list.load(),
      examplesChanged: () => this.#events.examplesChanged(),
      answered: (conversation) => this.#events.answered(conversation),
    }
    const thread = new Thread(this.#client, events)
    thread.answerer = answerer
    return thread
  }

  /** The thread, if it was opened, learns of its new title. */
  #tell(conversation: Conversation): void {
    const thread = this.#threads.get(conversation.id)
    if (!thread) return
    // Which branch is shown is the thread's to say: it may be about to be saved.
    const leafId = thread.conversation?.leafId ?? conversation.leafId
    thread.conversation = { ...conversation, leafId }
  }

  #put(conversation: Conversation): void {
    this.list.value = this.list.value?.map((other) => (other.id === conversation.id ? conversation : other))
    this.#tell(conversation)
  }
}

export const [useConversations, provideConversations] = createContext<Conversations>()
