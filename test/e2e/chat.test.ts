/** Chat on the real model in a real browser: branches, search, drafts, personas, a copy as a file. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { describeWithModel } from '../model.ts'
import { placeDownload } from '../model-files.ts'
import { describeInBrowser } from './in-browser.ts'
import { findViolations } from './axe.ts'
import { pullModel, takePicture, type TestPage } from './page.ts'

describeWithModel('chat', () => {
  describeInBrowser('in a browser', { prepare: placeDownload }, ({ open }) => {
    let opened: TestPage
    let page: Page

    beforeAll(async () => {
      opened = await open()
      page = opened.page
      await pullModel(page, 100_000)
      await page.getByLabel('How answers are written').selectOption('Precise')
    }, 120_000)

    const answers = () => page.getByRole('article', { name: /^Answer of/ })
    const questions = () => page.getByRole('article', { name: 'You', exact: true })
    const ended = () => page.getByRole('button', { name: 'Send', exact: true }).waitFor({ timeout: 60_000 })
    const pager = () => page.getByRole('group', { name: 'Branches' })

    async function ask(text: string): Promise<void> {
      await page.getByLabel('Your message').fill(text)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Stop the answer' }).waitFor()
      await ended()
    }

    test('an answer again and an edited question are branches', { timeout: 180_000 }, async () => {
      await ask('Name one colour of the rainbow. One word only.')
      await page.getByLabel('How answers are written').selectOption('Creative')
      await page.getByRole('button', { name: 'Answer again, beside this answer' }).click()
      await page.getByRole('button', { name: 'Stop the answer' }).waitFor()
      await ended()
      await expect.poll(() => pager().innerText()).toContain('2/2')

      await ask('Name one fruit. One word only.')
      const kept = await answers().last().innerText()
      await page.getByLabel('Your message').press('ArrowUp')
      await page.getByLabel('Edit your message').fill('Name one animal. One word only.')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Stop the answer' }).waitFor()
      await ended()
      expect(await questions().last().innerText()).toContain('animal')
      await takePicture(page, 'chat-branches')
      expect(await findViolations(page)).toEqual([])

      await questions().last().getByRole('button', { name: 'Previous branch' }).click()
      await expect.poll(() => questions().last().innerText()).toContain('fruit')
      await page.reload()
      await expect.poll(() => answers().last().innerText()).toBe(kept)
    })

    test('words are found in every branch, and the message comes into view', async () => {
      await page.getByLabel('Search chats').fill('rainbow colour')
      const found = page
        .getByRole('region', { name: 'Conversations' })
        .getByRole('link')
        .filter({ hasText: 'You:' })
      await found.first().waitFor()
      expect(await found.first().locator('mark').allInnerTexts()).toEqual(['colour', 'rainbow'])
      await page.getByLabel('Search chats').fill('anim')
      await found.filter({ hasText: 'animal' }).click()
      await expect.poll(() => questions().last().innerText()).toContain('animal')
      await takePicture(page, 'chat-search')
      expect(await findViolations(page)).toEqual([])
      await page.getByLabel('Search chats').fill('zebrafish')
      await page.getByText('No title and no message has these words.').first().waitFor()
      await page.getByLabel('Search chats').fill('')
    })

    test('what is written but not sent is there again', async () => {
      await page.getByLabel('Your message').fill('half a thought')
      await page.getByRole('button', { name: 'New conversation', exact: true }).click()
      await page.getByLabel('Your message').fill('a new beginning')
      await page.reload()
      await expect.poll(() => page.getByLabel('Your message').inputValue()).toBe('a new beginning')
      await page.getByRole('link', { name: /^Name one colour/ }).click()
      await expect.poll(() => page.getByLabel('Your message').inputValue()).toBe('half a thought')
      await page.getByLabel('Your message').fill('')
    })

    test('instructions become a persona, deleted with undo', async () => {
      await page.getByRole('button', { name: 'Instructions' }).click()
      await page.getByLabel('Instructions for this conversation').fill('Answer like a gardener.')
      await page.getByRole('button', { name: 'Save as a persona' }).click()
      await page.getByLabel('Name of the persona').fill('Gardener')
      await page.keyboard.press('Enter')
      const persona = page.getByLabel('Persona', { exact: true })
      await persona.selectOption('None: own instructions')
      await expect.poll(() => page.getByLabel('Instructions for this conversation').inputValue()).toBe('')
      await persona.selectOption('Gardener')
      await takePicture(page, 'chat-persona')
      expect(await findViolations(page)).toEqual([])
      await page.getByRole('button', { name: 'Delete the persona' }).click()
      await persona.waitFor({ state: 'hidden' })
      await page.getByRole('button', { name: 'Undo' }).click()
      await persona.waitFor()
      await page.getByRole('button', { name: 'Instructions (set)' }).click()
    })

    test('a conversation is pinned, and saved as a file', async () => {
      await page.getByRole('link', { name: /^Name one colour/ }).hover()
      await page.getByRole('button', { name: /^Pin “Name one colour/ }).click()
      await page.getByRole('link', { name: /^Pinned: Name one colour/ }).waitFor()
      const downloading = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Save a copy' }).click()
      await page.getByRole('button', { name: 'As Markdown (what is shown)' }).click()
      const download = await downloading
      expect(download.suggestedFilename()).toMatch(/^Name one colour.*\.md$/)
      expect(await readFile(await download.path(), 'utf8')).toMatch(/^# Name one colour[\s\S]*animal/)
    })

    test('the keyboard does it all, and a sheet tells how', async () => {
      await page.getByLabel('Your message').focus()
      await page.keyboard.press('Alt+ArrowLeft')
      await expect.poll(() => questions().last().innerText()).toContain('fruit')
      await page.keyboard.press('Alt+ArrowRight')
      await expect.poll(() => questions().last().innerText()).toContain('animal')
      await page.keyboard.press('Control+k')
      await page.keyboard.type('fruit')
      await page.getByRole('link').filter({ hasText: 'You:' }).filter({ hasText: 'fruit' }).waitFor()
      await page.getByLabel('Search chats').fill('')
      await page.keyboard.press('Alt+2')
      await page.getByRole('heading', { name: 'Teach', level: 1 }).waitFor()
      await page.keyboard.press('Control+Shift+O')
      await page.getByRole('heading', { name: 'What is on your mind?' }).waitFor()
      await page.keyboard.press('Alt+ArrowDown')
      await questions().first().waitFor()
      await page.keyboard.press('Control+/')
      const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
      await sheet.getByText('Answer the last message again').waitFor()
      await takePicture(page, 'chat-shortcuts')
      expect(await findViolations(page)).toEqual([])
      await page.keyboard.press('Escape')
      await sheet.waitFor({ state: 'hidden' })
      await page.getByLabel('Your message').fill('')
      await page.keyboard.type('?')
      expect(await page.getByLabel('Your message').inputValue()).toBe('?')
      await page.getByLabel('Your message').fill('')
    })

    test('at 900×600 in the dark it is all there', async () => {
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.setViewportSize({ width: 900, height: 600 })
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
      ).toBeLessThanOrEqual(0)
      await takePicture(page, 'chat-talk-900-dark')
      expect(await findViolations(page)).toEqual([])
      expect(opened.problems).toEqual([])
    })
  })
})
