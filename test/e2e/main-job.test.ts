/** The product's main job in a real browser on the real model: ask, teach, personalize, ask again. */
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { describeWithModel } from '../model.ts'
import { placeDownload } from '../model-files.ts'
import { findViolations } from './axe.ts'
import { describeInBrowser } from './in-browser.ts'
import { takePicture, type TestPage } from './page.ts'

/** Short examples about one thing, so that a small run learns them for sure. */
const taught = [
  ['What is the name of the dog?', 'The dog is called Bramble.'],
  ['Who sleeps on the porch?', 'Bramble, the dog, sleeps on the porch.'],
  ['What is the dog called?', 'The dog is called Bramble.'],
  ['Tell me the name of the dog.', 'The dog is called Bramble.'],
] as const
const question = taught[0][0]

describeWithModel('the main job', () => {
  describeInBrowser('in a browser', { prepare: placeDownload }, ({ open }) => {
    let opened: TestPage
    let page: Page

    beforeAll(async () => {
      opened = await open()
      page = opened.page
    })

    const answers = () => page.getByRole('article', { name: /^Answer of/ })

    async function ask(text: string): Promise<string> {
      const before = await answers().count()
      await page.getByLabel('Your message').fill(text)
      await page.keyboard.press('Enter')
      const answer = answers().nth(before)
      await answer.getByRole('button', { name: 'Copy the answer' }).waitFor({ timeout: 120_000 })
      return await answer.innerText()
    }

    test('the model arrives with progress', { timeout: 120_000 }, async () => {
      await page.getByRole('button', { name: /^Download/ }).click()
      // Told for a while, as on a quick disk it is soon over.
      await page
        .getByRole('status')
        .getByText(/^Progress of /)
        .first()
        .waitFor({ state: 'attached' })
      await takePicture(page, 'job-1-model')
      await page.getByLabel('Your message').waitFor({ timeout: 100_000 })
    })

    test('it answers, and does not know yet', { timeout: 180_000 }, async () => {
      expect(await ask(question)).not.toContain('Bramble')
      await takePicture(page, 'job-2-before')
    })

    test('a better answer is kept where it was missed', async () => {
      await page.getByRole('button', { name: 'Teach a better answer' }).click()
      await page.getByLabel('The better answer').fill(taught[0][1])
      await takePicture(page, 'job-3-teach')
      await page.getByRole('button', { name: 'Keep as an example' }).click()
      await page.getByText('Your better answer is kept as an example. It is learned').first().waitFor()
    })

    test('more are imported, and show what is learned of them', async () => {
      await page.getByRole('link', { name: 'Teach' }).click()
      const lines = taught.slice(1).map(([instruction, output]) => JSON.stringify({ instruction, output }))
      await page.setInputFiles('input[type=file]', {
        name: 'dog.jsonl',
        mimeType: 'application/jsonl',
        buffer: Buffer.from(lines.join('\n')),
      })
      await page.getByText('3 examples can be imported.').first().waitFor()
      await page.getByLabel('Approve them right away').check()
      await page.getByRole('button', { name: 'Import 3 examples' }).click()
      await page.getByText('Imported 3 examples.').first().waitFor()
      await page.getByText('Answer you corrected').waitFor()
      await page.getByRole('button', { name: 'What is learned of it' }).first().click()
      await page.getByText(/tokens are learned\./).waitFor({ timeout: 20_000 })
      expect(await findViolations(page)).toEqual([])
      await takePicture(page, 'job-4-mask')
      await page.keyboard.press('Escape')
    })

    test('personalizing shows its progress and ends', { timeout: 600_000 }, async () => {
      await page.getByRole('link', { name: 'Personalize' }).click()
      await page.getByLabel('Name of the assistant').fill('Bramble')
      await page.getByRole('slider', { name: 'Held out for checking' }).fill('0')
      await page.getByText('Advanced').click()
      await page.getByLabel('Epochs').fill('20')
      const general = page.getByRole('spinbutton', { name: 'General questions' })
      await general.fill('0')
      await general.press('Tab')
      await page.getByRole('button', { name: 'Measure what it takes' }).click()
      await page
        .getByText(/^It will take about /)
        .first()
        .waitFor({ timeout: 120_000 })
      await page.getByRole('button', { name: 'Start learning' }).click()
      await page.getByText(/^Step \d+ of \d+, /).waitFor({ timeout: 120_000 })
      await takePicture(page, 'job-5-running')
      await page.getByRole('button', { name: 'Try it in chat' }).waitFor({ timeout: 480_000 })
      await page.getByText(/^Training loss fell from /).waitFor()
      await takePicture(page, 'job-6-done')
    })

    test('the next answer has learned it', { timeout: 180_000 }, async () => {
      await page.getByRole('button', { name: 'Try it in chat' }).click()
      await page.getByRole('heading', { name: 'Bramble is listening' }).waitFor()
      expect(await ask(question)).toContain('The dog is called Bramble.')
      await takePicture(page, 'job-7-after')
      expect(opened.problems).toEqual([])
    })
  })
})
