/** One conversation as it is on the screen: its messages, who answers, and the answer being written. */
import type { Conversation, Message } from '../../src-main/contract/entities.ts'
import { toFailureMessage, type FailureMessage } from '../../src-main/contract/failure.ts'
import { leafBelow, pathTo, siblings } from '../../src-main/contract/message-tree.ts'
import type { Client } from '../channel/client.ts'
import { SaveLater } from '../channel/save-later.ts'

/** Who answers, and how. */
export interface Answerer {
  readonly modelId: string | null
  readonly adapterId: string | null
  /** 0 to 1.5; 1 is the adapter as trained. */
  readonly strength: number
  readonly systemPrompt: string
}

export const baseAnswerer: Answerer = { modelId: null, adapterId: null, strength: 1, systemPrompt: '' }

export interface ThreadEvents {
  created(thread: Thread, conversation: Conversation): void
  /** Something the list shows may have changed: the title, the order. */
  changed(): void
  examplesChanged(): void
  /** An answer was written to its end. */
  answered(conversation: Conversation): void
}

export class Thread {
  /** null: a draft that is created with its first message. */
  conversation = $state.raw<Conversation | null>(null)
  answerer = $state.raw<Answerer>(baseAnswerer)
  /** All branches, in the order they were said. */
  messages = $state.raw<readonly Message[]>([])
  /** The question on its way, until the host has saved it. */
  question = $state<string | null>(null)
  /** The answer so far; null while nothing is being answered. */
  answer = $state<string | null>(null)
  /** The adapter that writes it, if not the conversation's: null is the model alone. */
  answeringBy = $state.raw<string | null | undefined>()
  /** The answer that is shown beside another one to the same question. */
  compared = $state.raw<Message | null>(null)
  /** The question that is being edited. */
  editing = $state<string | null>(null)
  /** A message that is to come into view. */
  target = $state<string | null>(null)
  /** What is written but not sent. */
  draft = $state('')
  loading = $state(false)
  loadFailure = $state.raw<FailureMessage | null>(null)
  sendFailure = $state.raw<FailureMessage | null>(null)
  #controller: AbortController | null = null
  #again: (() => Promise<unknown>) | null = null
  readonly #answererSaving = new SaveLater()
  readonly #draftSaving = new SaveLater()
  readonly #client: Client
  readonly #events: ThreadEvents

  constructor(client: Client, events: ThreadEvents) {
    this.#client = client
    this.#events = events
  }

  /** The branch that is shown. Not `$derived`: that would end with the component that first asks for the thread. */
  get path(): readonly Message[] {
    return pathTo(this.messages, this.conversation?.leafId ?? null)
  }

  get answering(): boolean {
    return this.answer !== null
  }

  async load(id: string): Promise<void> {
    if (this.answering) return
    const first = this.conversation === null
    this.loading = true
    try {
      await this.#answererSaving.now()
      const { conversation, messages } = await this.#client.call('conversations.open', { id })
      this.conversation = conversation
      this.answerer = conversation
      this.messages = messages
      if (first) this.draft = conversation.draft
      this.loadFailure = null
    } catch (error) {
      this.loadFailure = toFailureMessage(error)
    } finally {
      this.loading = false
    }
  }

  /** Changes who answers: shown at once, saved a moment later (a dial moves in many steps). */
  choose(change: Partial<Answerer>): void {
    this.answerer = { ...this.answerer, ...change }
    if (this.conversation) this.#answererSaving.later(() => this.#saveAnswerer())
  }

  /** Sends the question and streams the answer; false if the host never took the question. */
  async send(content: string, modelId: string | null, parentId?: string | null): Promise<boolean> {
    if (this.answering) return false
    this.question = content
    this.#draftSaving.drop()
    this.compared = null
    const parent = parentId === undefined ? (this.conversation?.leafId ?? null) : parentId
    this.#show(parent)
    let asked = false
    await this.#stream(async (signal) => {
      this.#again = () => this.send(content, modelId, parent)
      const conversation = await this.#ready(modelId)
      return await this.#client.call(
        'chat.send',
        { conversationId: conversation.id, content, parentId: parent },
        {
          signal,
          onEvent: (event) => {
            if (event.type === 'text') this.answer += event.text
            else {
              asked = true
              this.question = null
              this.#add(event.message)
              this.#again = () => this.answerAgain(event.message.id)
              this.#events.changed()
            }
          },
        },
      )
    })
    return asked || this.sendFailure === null
  }

  /** Sends an edited question, as a branch beside the one it was. */
  async edit(question: Message, content: string): Promise<void> {
    const { modelId } = this.answerer
    await this.send(content, modelId, question.parentId)
  }

  /** Shows an answer beside one of the given adapter (null: of none), which is written if there is none yet. */
  async compare(message: Message, adapterId: string | null): Promise<void> {
    if (this.answering || message.parentId === null) return
    const other = this.branches(message).findLast(
      (one) => one.adapterId === adapterId && one.id !== message.id && one.status === 'complete',
    )
    if (other) {
      await this.walkTo(other.id)
      this.compared = message
      return
    }
    this.compared = message
    await this.answerAgain(message.parentId, { adapterId, strength: this.answerer.strength })
    if (this.sendFailure !== null) this.compared = null
  }

  /** Keeps what is written; saved a moment later. */
  write(text: string): void {
    this.draft = text
    this.#draftSaving.later(() => this.#saveDraft(text))
  }

  async #saveDraft(text: string): Promise<void> {
    const id = this.conversation?.id
    if (id === undefined) await this.#client.call('settings.update', { draft: text })
    else await this.#client.call('conversations.update', { id, draft: text })
  }

  /** Shows the branch with a message and brings it into view. */
  async find(messageId: string): Promise<void> {
    if (!this.path.some(({ id }) => id === messageId)) await this.walkTo(messageId)
    this.target = messageId
  }

  /** Another answer to a question, beside those it has; by somebody else where given. */
  async answerAgain(questionId: string, by?: Pick<Answerer, 'adapterId' | 'strength'>): Promise<void> {
    const question = this.messages.find(({ id }) => id === questionId)
    if (this.answering || question === undefined) return
    if (by === undefined) this.compared = null
    this.#again = () => this.answerAgain(questionId, by)
    this.#show(questionId)
    this.answeringBy = by?.adapterId
    await this.#stream(async (signal) => {
      await this.#saveAnswerer()
      return await this.#client.call(
        'chat.answer',
        { messageId: questionId, ...(by === undefined ? {} : { by }) },
        { signal, onEvent: (event) => (this.answer += event.text) },
      )
    })
  }

  /** Streams an answer into `answer`; whatever comes of it, the host's state is shown in the end. */
  async #stream(work: (signal: AbortSignal) => Promise<Message>): Promise<void> {
    this.answer = ''
    this.sendFailure = null
    const controller = new AbortController()
    this.#controller = controller
    try {
      this.#add(await work(controller.signal))
    } catch (error) {
      this.sendFailure = toFailureMessage(error)
    } finally {
      this.answer = null
      this.answeringBy = undefined
      this.question = null
      this.#controller = null
    }
    // The host knows the truth: a title it gave, an answer it kept although the engine failed.
    if (this.conversation) {
      await this.load(this.conversation.id)
      this.#events.changed()
      if (this.path.at(-1)?.status === 'complete' && this.sendFailure === null)
        this.#events.answered(this.conversation)
    }
  }

  /** After a failure: the same once more. */
  async again(): Promise<void> {
    await this.#again?.()
  }

  /** The messages beside this one, itself among them. */
  branches(message: Message): readonly Message[] {
    return siblings(this.messages, message)
  }

  /** Shows the newest branch through a message, and remembers it. */
  async walkTo(messageId: string): Promise<void> {
    if (this.answering || this.conversation === null) return
    const leafId = leafBelow(this.messages, messageId)
    this.compared = null
    this.#show(leafId)
    this.sendFailure = null
    this.conversation = await this.#client.call('conversations.update', { id: this.conversation.id, leafId })
  }

  stop(): void {
    this.#controller?.abort()
  }

  async rate(message: Message, rating: Message['rating']): Promise<void> {
    this.#replace(await this.#client.call('chat.rate', { messageId: message.id, rating }))
    this.#events.examplesChanged()
  }

  async teach(message: Message, answer: string): Promise<void> {
    const example = await this.#client.call('chat.teach', { messageId: message.id, answer })
    this.#replace({ ...message, exampleId: example.id })
    this.#events.examplesChanged()
  }

  /** The saved conversation: created if this is a draft, with the answerer as it is shown. */
  async #ready(modelId: string | null): Promise<Conversation> {
    this.#answererSaving.drop()
    if (!this.conversation) {
      this.conversation = await this.#client.call('conversations.create', { modelId })
      this.answerer = { ...this.answerer, modelId }
      void this.#client.call('settings.update', { draft: '' })
      this.#events.created(this, this.conversation)
    }
    return await this.#saveAnswerer()
  }

  async #saveAnswerer(): Promise<Conversation> {
    const conversation = this.conversation
    if (!conversation) throw new Error('a draft has nothing to save')
    const { modelId, adapterId, strength, systemPrompt } = this.answerer
    const unchanged =
      conversation.modelId === modelId &&
      conversation.adapterId === adapterId &&
      conversation.strength === strength &&
      conversation.systemPrompt === systemPrompt
    if (unchanged) return conversation
    this.conversation = await this.#client.call('conversations.update', {
      id: conversation.id,
      modelId,
      adapterId,
      strength,
      systemPrompt,
    })
    this.#events.changed()
    return this.conversation
  }

  #show(leafId: string | null): void {
    if (this.conversation) this.conversation = { ...this.conversation, leafId }
  }

  #add(message: Message): void {
    this.messages = [...this.messages, message]
    this.#show(message.id)
  }

  #replace(message: Message): void {
    this.messages = this.messages.map((other) => (other.id === message.id ? message : other))
  }
}
