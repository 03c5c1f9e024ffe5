/** What a person does all day with answers and names, over a real small model. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { describeInBrowser, lookAt } from './in-browser.ts'
import type { TestPage } from './page.ts'
import { prepareSmallModel, putSmallAssistant } from './small-model.ts'

async function prepare(directory: string): Promise<void> {
  await prepareSmallModel(directory, (storage, modelDirectory) =>
    putSmallAssistant(storage, modelDirectory, 'Pim', 1),
  )
}

describeInBrowser('every day', { prepare }, ({ open }) => {
  let opened: TestPage
  let page: Page

  beforeAll(async () => {
    opened = await open()
    page = opened.page
    await page.getByLabel('Your message').fill('where is the bench?')
    await page.keyboard.press('Enter')
    await answer().getByRole('button', { name: 'Copy the answer' }).waitFor()
  })

  const answer = () => page.getByRole('article', { name: /^Answer of/ }).last()
  const go = (name: string) => page.getByRole('link', { name, exact: true }).click()

  test('an answer says how fast it came, and a new conversation has a title', async () => {
    await answer()
      .getByText(/^[\d,.]+ tokens\/s$/)
      .waitFor()
    await page.getByRole('link', { name: 'Where is the bench?' }).waitFor()
    await lookAt(page, 'everyday-chat')
  })

  test('a conversation is renamed by keyboard', async () => {
    await page.getByRole('button', { name: 'Rename “Where is the bench?”' }).press('Enter')
    await page.getByLabel('Title of the conversation').fill('The bench')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'The bench' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'The bench' }).waitFor()
  })

  test('a thumb makes an example of the answer, another click takes it back', async () => {
    const thumb = answer().getByRole('button', { name: 'Good answer: keep it as an example' })
    await thumb.click()
    await expect.poll(() => thumb.getAttribute('aria-pressed')).toBe('true')
    await go('Teach')
    await page.getByText('Answer you liked').first().waitFor()
    await page
      .getByText(/\d+ tokens?/)
      .first()
      .waitFor()
    await lookAt(page, 'everyday-inbox')
    await go('Chat')
    await page.getByRole('link', { name: 'The bench' }).click()
    await thumb.click()
    await expect.poll(() => thumb.getAttribute('aria-pressed')).toBe('false')
    await go('Teach')
    await page.getByText('Nothing taught yet').waitFor()
  })

  test('a conversation is saved with all of its branches', async () => {
    await go('Chat')
    await page.getByRole('link', { name: 'The bench' }).click()
    await answer().getByRole('button', { name: 'Answer again, beside this answer' }).click()
    await page.getByText('2/2').first().waitFor()
    await page.getByRole('button', { name: 'Save a copy' }).click()
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'As JSON (with all branches)' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('The bench.json')
    const saved: unknown = JSON.parse(await readFile(await download.path(), 'utf8'))
    const roles = { messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'assistant' }] }
    expect(saved).toMatchObject(roles)
  })

  test('how answers are written stands in plain words, with the numbers behind them', async () => {
    await go('Settings')
    await page.getByText('Always the likeliest word: the same question gets the same answer.').waitFor()
    await page.getByText('Advanced: the numbers').click()
    await page.getByRole('slider', { name: 'Freedom' }).waitFor()
    await lookAt(page, 'everyday-sampling', page.getByRole('slider', { name: 'Freedom' }))
  })

  test('an assistant is renamed, and is called so where it answers', async () => {
    await go('Assistants')
    await page.getByRole('button', { name: 'Rename “Pim”' }).click()
    await page.getByLabel('Name of the assistant').fill('Pim the Second')
    await page.keyboard.press('Enter')
    const card = page.getByRole('article', { name: 'Pim the Second' })
    await card.getByRole('button', { name: 'Use in chat' }).click()
    await page.getByRole('heading', { name: 'Pim the Second is listening' }).waitFor()
    await page.getByLabel('Your message').fill('and the hens?')
    await page.keyboard.press('Enter')
    await page.getByRole('article', { name: 'Answer of Pim the Second' }).waitFor()
  })

  test('nothing was written to the console, nothing breached the content policy', () => {
    expect(opened.problems).toEqual([])
  })
})
