/** Every shortcut of the sheet does what the sheet says, over a small real model; and the sheet has them all. */
import { globSync, readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { shortcutGroups } from '../../src-renderer/shell/shortcut-list.ts'
import { en } from '../../src-renderer/texts/en.ts'
import { describeInBrowser } from './in-browser.ts'
import type { TestPage } from './page.ts'
import { prepareSmallModel } from './small-model.ts'

type Action = (typeof shortcutGroups)[number]['shortcuts'][number][1]

test('whatever listens to keys is on the sheet', () => {
  const names: Readonly<Record<string, string>> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
  }
  const listened = globSync('src-renderer/**/*.svelte')
    .flatMap((path) => readFileSync(path, 'utf8').match(/(?<=')(Ctrl|Alt)\+[A-Za-z+]+(?=':)/g) ?? [])
    .map((keys) => keys.replace(/(Key|Digit)(?=[A-Z0-9]$)/, '').replace('Slash', '/'))
    .map((keys) => keys.replace(/Arrow\w+/, (arrow) => names[arrow] ?? arrow))
  expect(listened.length).toBeGreaterThan(8)
  const told = shortcutGroups.flatMap(({ shortcuts }) => shortcuts.map(([keys]) => keys))
  expect(listened.filter((keys) => !told.includes(keys))).toEqual([])
})

describeInBrowser('shortcuts', { prepare: (directory) => prepareSmallModel(directory) }, ({ open, app }) => {
  let opened: TestPage
  let page: Page

  beforeAll(async () => {
    opened = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
    page = opened.page
    await box().waitFor()
    for (const text of ['first question', 'second question']) {
      await page.keyboard.press('Control+Shift+O')
      await box().fill(text)
      await page.keyboard.press('Enter')
      await copyButtons().first().waitFor()
    }
  })

  const box = () => page.getByLabel('Your message')
  const copyButtons = () => page.getByRole('button', { name: 'Copy the answer' })
  const sheet = () => page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  const questions = () => page.getByRole('article', { name: 'You', exact: true })
  const pager = () => page.getByRole('group', { name: 'Branches' }).last()
  async function shows(question: string): Promise<void> {
    await expect.poll(() => questions().last().innerText()).toContain(question)
  }

  /** In the order of the sheet, each from where the one before has left. */
  const checks: Readonly<Record<Action, () => Promise<void>>> = {
    async sheet() {
      await page.keyboard.press('Control+/')
      await sheet().waitFor()
      const actions = shortcutGroups.flatMap(({ shortcuts }) => shortcuts.map(([, action]) => action))
      for (const action of actions)
        await sheet().getByText(en.shortcuts.actions[action], { exact: true }).first().waitFor()
    },
    async close() {
      await page.keyboard.press('Escape')
      await sheet().waitFor({ state: 'hidden' })
    },
    async screens() {
      const titles = ['teach', 'personalize', 'assistants', 'models', 'computer', 'settings'] as const
      for (const [index, screen] of titles.entries()) {
        await page.keyboard.press(`Alt+${index + 2}`)
        await page.getByRole('heading', { name: en[screen].title, level: 1 }).waitFor()
      }
      await page.keyboard.press('Alt+1')
      await box().waitFor()
    },
    async newConversation() {
      await page.keyboard.press('Alt+3')
      await page.keyboard.press('Control+Shift+O')
      await page.getByRole('heading', { name: 'What is on your mind?' }).waitFor()
    },
    async next() {
      await box().focus()
      await page.keyboard.press('Tab')
      expect(await box().evaluate((element) => element === document.activeElement)).toBe(false)
      await page.keyboard.press('Shift+Tab')
      expect(await box().evaluate((element) => element === document.activeElement)).toBe(true)
    },
    async search() {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('second')
      await page.getByRole('link').filter({ hasText: 'You:' }).first().waitFor()
      await page.getByLabel('Search chats').fill('')
    },
    async below() {
      await page.keyboard.press('Alt+ArrowDown')
      await shows('second question')
      await page.keyboard.press('Alt+ArrowDown')
      await shows('first question')
    },
    async above() {
      await page.keyboard.press('Alt+ArrowUp')
      await shows('second question')
    },
    async newLine() {
      await box().fill('one')
      await page.keyboard.press('Shift+Enter')
      await page.keyboard.type('two')
      expect(await box().inputValue()).toBe('one\ntwo')
    },
    async send() {
      await page.keyboard.press('Enter')
      await shows('one')
      await expect.poll(() => copyButtons().count()).toBe(2)
    },
    async again() {
      await page.keyboard.press('Alt+r')
      await expect.poll(() => pager().innerText()).toContain('2/2')
    },
    async branchBefore() {
      await page.keyboard.press('Alt+ArrowLeft')
      await expect.poll(() => pager().innerText()).toContain('1/2')
    },
    async branchAfter() {
      await page.keyboard.press('Alt+ArrowRight')
      await expect.poll(() => pager().innerText()).toContain('2/2')
    },
    async copy() {
      await page.keyboard.press('Alt+c')
      await page.getByText('Copied').first().waitFor()
      expect((await page.evaluate(() => navigator.clipboard.readText())).length).toBeGreaterThan(0)
    },
    async editLast() {
      await box().fill('')
      await box().press('ArrowUp')
      await page.getByLabel('Edit your message').waitFor()
      await page.keyboard.press('Escape')
      await page.getByLabel('Edit your message').waitFor({ state: 'hidden' })
    },
    async save() {
      await page.getByRole('button', { name: 'Teach a better answer' }).last().click()
      await page.getByLabel('The better answer').fill('Much better.')
      await page.keyboard.press('Control+Enter')
      await page.getByText('Your better answer is kept as an example.').first().waitFor()
    },
    async stop() {
      const { signal } = new AbortController()
      const known = await app().handlers['settings.get']({}, signal).next()
      if (known.done !== true) throw new Error('The settings have no events.')
      const sampling = { ...known.value.sampling, maxTokens: 100_000, temperature: 1, seed: 1 }
      await app().handlers['settings.update']({ sampling }, signal).next()
      await box().fill('go on and on')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Stop the answer' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
    },
  }

  test.each(Object.entries(checks))('%s', { timeout: 30_000 }, async (_, check) => {
    await check()
  })

  test('a question mark opens the sheet too, but not while one types', async () => {
    await box().fill('')
    await box().press('?')
    expect(await box().inputValue()).toBe('?')
    await box().evaluate((element) => element instanceof HTMLElement && element.blur())
    await page.keyboard.type('?')
    await sheet().waitFor()
    await page.keyboard.press('Escape')
  })

  test('nothing was written to the console, nothing breached the content policy', () => {
    expect(opened.problems).toEqual([])
  })
})
