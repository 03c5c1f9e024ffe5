/** How an answer is shown, for answers that a small model can't be made to give: hostile, long, broken off. */
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { toSentence } from '../../src-main/contract/sentence.ts'
import type { Adapter, Conversation, Message, Model } from '../../src-main/contract/entities.ts'
import { Failure } from '../../src-main/contract/failure.ts'
import type { Handlers } from '../../src-main/contract/procedures.ts'
import { describeInBrowser } from './in-browser.ts'
import { findViolations } from './axe.ts'
import { takePicture, type TestPage } from './page.ts'

const hostile = `A **bold** word, a [link](https://example.org) and a [bad link](javascript:alert(1)).

<img src=x onerror="alert(1)"><script>alert(1)</script><b style="color:red">not bold</b>

![picture](https://example.org/a.png)

| a | b |
|---|---|
| 1 | 2 |

\`\`\`html"><script>alert(1)</script>
<script>alert(2)</script>
\`\`\`
`

const model: Model = {
  id: 'model',
  name: 'A model',
  architecture: 'llama',
  parameterCount: 1,
  quantization: toSentence('F32'),
  contextLength: 2048,
  sizeBytes: 1,
  sourceHash: '',
  createdAt: 0,
}

const adapter: Adapter = {
  id: 'adapter',
  name: 'Pim',
  modelId: model.id,
  modelHash: '',
  rank: 4,
  targets: ['q_proj'],
  projectionKey: 0,
  parameterCount: 1,
  sizeBytes: 1,
  runId: null,
  lossBefore: null,
  origin: 'trained',
  parents: [],
  notes: '',
  lossAfter: null,
  createdAt: 0,
}

const rich = `Euler wrote $e^{i\\pi} + 1 = 0$, and it costs $5 or $6.

$$\\int_0^1 x^2\\,dx = \\frac{1}{3}$$

\`\`\`python
def greet(name: str) -> str:
    # says hello
    return f"Hello, {name}" * 3
\`\`\`

| Plant | Water | Light |
|:--|--:|:-:|
| Fern | 2 | shade |
| Thyme | 1 | sun |
`

/** The answer that is being written: the test gives its parts, null ends it. */
class Writing {
  readonly #parts: (string | null)[] = []
  #wake: () => void = () => {}

  give(part: string | null): void {
    this.#parts.push(part)
    this.#wake()
  }

  /** The next part; null at the end or once it is stopped. */
  async next(signal: AbortSignal): Promise<string | null> {
    while (this.#parts.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    return this.#parts.shift() ?? null
  }
}

describe('answers', () => {
  let opened: TestPage
  let page: Page
  let writing = new Writing()
  const messages: Message[] = []
  /** What the engine says of the next answers. */
  let measured: Partial<Message> = {}

  function keep(
    conversationId: string,
    fields: Pick<Message, 'role' | 'content' | 'status'> & Partial<Message>,
  ): Message {
    const kept = {
      rating: 'none',
      exampleId: null,
      adapterId: null,
      strength: null,
      tokensPerSecond: null,
      contextTokens: null,
      contextFrom: null,
      createdAt: 0,
    } as const
    const parentId = conversation.leafId
    const message = { id: `message-${messages.length}`, conversationId, parentId, ...kept, ...fields }
    messages.push(message)
    conversation = { ...conversation, leafId: message.id }
    return message
  }

  const replace: Partial<Handlers> = {
    async *'models.list'() {
      return [model]
    },
    async *'adapters.list'() {
      return [adapter]
    },
    async *'conversations.create'() {
      return conversation
    },
    async *'conversations.list'() {
      return messages.length === 0 ? [] : [conversation]
    },
    async *'conversations.open'() {
      return { conversation, messages }
    },
    async *'chat.send'({ conversationId, content }, signal) {
      yield { type: 'asked', message: keep(conversationId, { role: 'user', content, status: 'complete' }) }
      return yield* write(signal)
    },
    async *'chat.answer'({ messageId, by }, signal) {
      conversation = { ...conversation, leafId: messageId }
      return yield* write(signal, by?.adapterId ?? null)
    },
    async *'conversations.update'(changes) {
      conversation = Object.assign({}, conversation, changes)
      return conversation
    },
  }

  async function* write(
    signal: AbortSignal,
    adapterId: string | null = null,
  ): AsyncGenerator<{ type: 'text'; text: string }, Message> {
    const { id } = conversation
    let text = ''
    for (;;) {
      const part = await writing.next(signal)
      if (part === null) break
      if (part === 'broken') {
        keep(id, { role: 'assistant', content: text, status: 'failed' })
        throw new Failure('engine-ended', 'The engine ended while it answered. Send the message once more.')
      }
      text += part
      yield { type: 'text', text: part }
    }
    const status = signal.aborted ? 'stopped' : 'complete'
    return keep(id, { role: 'assistant', content: text, status, adapterId, ...measured })
  }

  let conversation: Conversation = {
    id: 'conversation',
    title: 'Answers',
    modelId: model.id,
    modelName: null,
    adapterId: null,
    strength: 1,
    systemPrompt: '',
    pinned: false,
    leafId: null,
    draft: '',
    createdAt: 0,
    updatedAt: 0,
  }

  describeInBrowser('in a browser', { replace }, ({ open }) => {
    beforeAll(async () => {
      opened = await open({ viewport: { width: 900, height: 600 } })
      page = opened.page
    })

    async function ask(text: string): Promise<void> {
      writing = new Writing()
      await page.getByLabel('Your message').fill(text)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Stop the answer' }).waitFor()
    }
    const answer = () => page.getByRole('article', { name: 'Answer of Assistant' }).last()
    const ended = () => page.getByRole('button', { name: 'Send', exact: true }).waitFor()
    const scroller = () => page.getByRole('log', { name: 'Messages' })
    const fromEnd = () =>
      scroller().evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight))

    test('what a model writes is shown, never run, never fetched', async () => {
      const requests: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      await ask('Be hostile')
      writing.give(hostile)
      writing.give(null)
      await ended()
      expect(await answer().locator('img, script, [style], [onerror]').count()).toBe(0)
      expect(await answer().locator('strong').innerText()).toBe('bold')
      expect(
        await answer()
          .locator('a')
          .evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
      ).toEqual(['https://example.org', null, 'https://example.org/a.png'])
      expect(await answer().locator('code').innerText()).toContain('<script>alert(2)</script>')
      expect(await answer().innerText()).toContain('<b style="color:red">not bold</b>')
      expect(requests.filter((url) => !url.startsWith('http://127.0.0.1'))).toEqual([])
      await takePicture(page, 'answer-hostile')
    })

    test('a growing answer is followed until the person scrolls up', async () => {
      await ask('Be long')
      for (let line = 0; line < 40; line++) writing.give(`Line ${line} of a long answer.\n\n`)
      await page.getByText('Line 39 of').waitFor()
      await expect.poll(fromEnd).toBeLessThan(48)

      await scroller().hover()
      await page.mouse.wheel(0, -400)
      await page.getByRole('button', { name: 'Go to the end' }).waitFor()
      const top = () => scroller().evaluate((log) => log.scrollTop)
      const before = await top()
      for (let line = 40; line < 60; line++) writing.give(`Line ${line} of a long answer.\n\n`)
      await page.getByText('Line 59 of').waitFor({ state: 'attached' })
      expect(await top()).toBe(before)

      await page.getByRole('button', { name: 'Go to the end' }).click()
      await expect.poll(fromEnd).toBeLessThan(48)
    })

    test('Escape stops it, and what was written stays, marked', async () => {
      await page.getByLabel('Your message').press('Escape')
      await page.getByText('You stopped this answer.').waitFor()
      await expect.poll(fromEnd).toBeLessThan(48)
    })

    test('an answer that breaks off keeps what came and says why', async () => {
      await ask('Break')
      writing.give('It leaves at')
      writing.give('broken')
      await page.getByText('This answer failed and is not complete.').waitFor()
      const notice = page.getByRole('alert').filter({ hasText: 'The answer could not be finished' })
      expect(await notice.innerText()).toContain('Send the message once more.')
      await takePicture(page, 'answer-broken')

      await notice.getByRole('button', { name: 'Ask again' }).click()
      writing.give('It leaves at nine.')
      writing.give(null)
      await page.getByText('It leaves at nine.').waitFor()
      await notice.waitFor({ state: 'hidden' })
    })

    test('code, tables and formulas are laid out', async () => {
      await page.setViewportSize({ width: 1280, height: 800 })
      await ask('Be rich')
      writing.give(rich)
      writing.give(null)
      await ended()
      await expect.poll(() => answer().locator('math').count()).toBe(2)
      await expect.poll(() => answer().locator('.hljs-keyword').allInnerTexts()).toEqual(['def', 'return'])
      expect(await answer().innerText()).toContain('it costs $5 or $6.')
      expect(await answer().getByRole('table').count()).toBe(1)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await takePicture(page, `answer-rich-${colorScheme}`)
        expect(await findViolations(page)).toEqual([])
      }
    })

    test('the same message is answered with and without the assistant, side by side', async () => {
      await page.getByLabel('Assistant', { exact: true }).selectOption('Pim')
      await answer().getByRole('button', { name: 'Compare with Pim' }).click()
      const both = page.getByRole('region', { name: 'Two answers to the same message' })
      writing.give('Euler was fond of ferns, ')
      await both.getByText('fond of ferns').waitFor()
      writing.give('and so is Pim.')
      writing.give(null)
      await both.getByRole('button', { name: 'Go on with Pim' }).waitFor()
      await takePicture(page, 'answer-compared')
      expect(await findViolations(page)).toEqual([])
      await both.getByRole('button', { name: 'Go on with the model alone' }).click()
      await both.waitFor({ state: 'hidden' })
      await expect.poll(() => answer().locator('math').count()).toBe(2)
      await answer().getByRole('button', { name: 'Compare with Pim' }).click()
      await both.getByText('and so is Pim.').waitFor()
      await both.getByRole('button', { name: 'Go on with Pim' }).click()
      await page.getByRole('article', { name: 'Answer of Pim' }).getByText('2/2').waitFor()
    })

    test('what no longer fits the context is said where it begins', async () => {
      measured = { contextTokens: 1600, contextFrom: messages[4]?.id ?? null }
      await ask('Remember')
      writing.give('I can not.')
      writing.give(null)
      await ended()
      const note = page.getByRole('note')
      expect(await note.innerText()).toContain('was not given to the model')
      const next = await note.evaluate((element) => element.nextElementSibling?.getAttribute('data-message'))
      expect(next).toBe(messages[4]?.id)
      expect(
        await page.getByRole('progressbar', { name: 'Context filled' }).getAttribute('aria-valuetext'),
      ).toMatch(/^1,600 of 2,048 tokens .* oldest messages are left out/)
      await takePicture(page, 'answer-context-full')
    })

    test('an answer to a conversation that is not shown is told of, with the way there', async () => {
      await ask('While I am away')
      await page.getByRole('link', { name: 'Teach', exact: true }).click()
      writing.give('I went on.')
      writing.give(null)
      await page.getByRole('status').getByText('There is an answer in “Answers”. Open').waitFor()
      await page.getByRole('button', { name: 'Open', exact: true }).click()
      await page.getByText('I went on.').waitFor()
    })

    test('nothing was written to the console, nothing breached the content policy', () => {
      expect(opened.problems).toEqual([])
    })
  })
})
