/** Personalizing in a real browser on the real model: measure, start, watch, pause, go on, judge. */
import type { Locator, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { describeWithModel } from '../model.ts'
import { placeDownload } from '../model-files.ts'
import { describeInBrowser, lookAt } from './in-browser.ts'
import { pullModel, type TestPage } from './page.ts'

const taught = [
  ['What is the name of the dog?', 'The dog is called Bramble.'],
  ['Who sleeps on the porch?', 'Bramble, the dog, sleeps on the porch.'],
  ['What is the dog called?', 'The dog is called Bramble.'],
  ['Tell me the name of the dog.', 'The dog is called Bramble.'],
  ['Is there a dog?', 'Yes, the dog is called Bramble.'],
  ['What colour is the dog?', 'Bramble is as black as a kettle.'],
] as const

describeWithModel('personalizing', () => {
  describeInBrowser('in a browser', { prepare: placeDownload }, ({ open }) => {
    let opened: TestPage
    let page: Page

    beforeAll(async () => {
      opened = await open()
      page = opened.page
      await pullModel(page, 200_000)
      await page.getByRole('link', { name: 'Teach' }).click()
      const lines = taught.map(([instruction, output]) => JSON.stringify({ instruction, output }))
      await page.setInputFiles('input[type=file]', {
        name: 'dog.jsonl',
        mimeType: 'application/jsonl',
        buffer: Buffer.from(lines.join('\n')),
      })
      await page.getByLabel('Approve them right away').check()
      await page.getByRole('button', { name: 'Import 6 examples' }).click()
      await page.getByText('Imported 6 examples.').first().waitFor()
      await page.getByRole('link', { name: 'Personalize' }).click()
    }, 300_000)

    const look = (name: string, shown?: Locator) => lookAt(page, name, shown)
    const field = (label: string) => page.getByLabel(label, { exact: true })
    async function enter(label: string, value: string): Promise<void> {
      await field(label).fill(value)
      await field(label).press('Tab')
    }
    const measure = () => page.getByRole('button', { name: 'Measure what it takes' })
    const startButton = () => page.getByRole('button', { name: 'Start learning' })

    test('a preset fills the advanced panel in; what is wrong there is said', async () => {
      await enter('Name of the assistant', 'Bramble')
      await look('personalize-form')
      await page.getByText('Advanced', { exact: true }).click()
      expect(await field('General questions').inputValue()).toBe('24')
      await page.getByRole('radio', { name: /^Quick/ }).check()
      await expect.poll(() => field('General questions').inputValue()).toBe('0')
      await enter('Rank', '0')
      expect(await field('Rank').getAttribute('aria-invalid')).toBe('true')
      await page.getByText('“Rank” under Advanced has a value that can’t be used.').waitFor()
      await enter('Rank', '32')
      await enter('Layers by number', '27-29')
      expect(await field('Share of layers').count()).toBe(0)
      await field('Method').selectOption('LoRA')
      await field('Alpha').waitFor()
      await look('personalize-advanced', field('Method'))
      await page.getByRole('button', { name: 'Back to the usual settings' }).click()
      expect(await field('Rank').inputValue()).toBe('64')
      await page.getByText('Advanced', { exact: true }).click()
    })

    test(
      'a few real steps tell what it will take, for just these choices',
      { timeout: 240_000 },
      async () => {
        await measure().click()
        await page.getByText('Taking a few real steps').first().waitFor()
        await page
          .getByText(/^It will take about /)
          .first()
          .waitFor({ timeout: 120_000 })
        await page
          .getByText(/ of the .*GB that this machine has for it/)
          .first()
          .waitFor()
        await startButton().waitFor()
        await look('personalize-estimate', page.getByText(/^It will take about /).first())
        await page.getByRole('slider', { name: 'Held out for checking' }).fill('20')
        await measure().waitFor()
        await page.getByRole('slider', { name: 'Held out for checking' }).fill('10')
        await startButton().waitFor()
      },
    )

    test('it learns, and answers one’s own question again and again', { timeout: 400_000 }, async () => {
      await page.getByRole('radio', { name: /^Balanced/ }).check()
      await page.getByText('Advanced', { exact: true }).click()
      for (const [label, value] of [
        ['Epochs', '12'],
        ['General questions', '0'],
        ['Tokens a step', '64'],
      ] as const) {
        await enter(label, value)
      }
      await page.getByText('Advanced, 3 changed').click()
      await enter('Question 1', 'What is the dog called?')
      await measure().click()
      await startButton().click({ timeout: 120_000 })
      await page.getByText(/^Step \d+ of \d+/).waitFor({ timeout: 120_000 })
      const asked = page.getByRole('article', { name: 'What is the dog called?' })
      await asked.getByText(/^After step/).waitFor({ timeout: 120_000 })
      await look('personalize-running')
    })

    test('chatting goes before it', { timeout: 200_000 }, async () => {
      await page.getByRole('link', { name: 'Chat', exact: true }).click()
      await page.getByLabel('Your message').fill('Say hello.')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Copy the answer' }).waitFor({ timeout: 120_000 })
      await page.getByRole('link', { name: /^Bramble/ }).click()
      await page.getByText(/^Step \d+ of \d+/).waitFor()
    })

    test('it is paused and goes on; others wait and can be taken out', { timeout: 200_000 }, async () => {
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText(/^It stands at step \d+ of \d+\./).waitFor({ timeout: 60_000 })
      await page.reload()
      await look('personalize-paused')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText(/^Step \d+ of \d+/).waitFor({ timeout: 60_000 })
      await page.getByRole('link', { name: 'All runs' }).click()
      await enter('Name of the assistant', 'Second')
      await page.getByRole('radio', { name: /^Quick/ }).check()
      await measure().click()
      await page.getByRole('button', { name: 'Start without it' }).click()
      await page.getByText('Waiting for the run before it').waitFor()
      await page.getByRole('link', { name: 'All runs' }).click()
      await look('personalize-queue')
      await page.getByRole('button', { name: 'Remove “Second” from the queue' }).click()
      await page.getByRole('link', { name: /^Second .*Cancelled/ }).waitFor()
      await page
        .getByRole('main')
        .getByRole('link', { name: /^Bramble/ })
        .click()
    })

    test(
      'it ends with a verdict: the same questions to the model alone and with what it learned',
      {
        timeout: 700_000,
      },
      async () => {
        await page.getByRole('button', { name: 'Keep it' }).waitFor({ timeout: 500_000 })
        const watched = page.getByRole('region', { name: 'Your questions' })
        await watched.getByText('The dog is called Bramble.').first().waitFor()
        await page
          .getByText(/^It .* what the model knew\.$/)
          .first()
          .waitFor({ timeout: 180_000 })
        await look('personalize-verdict')
        const answers = page.getByRole('region', { name: 'Side by side' })
        const asked = answers.getByRole('article', { name: 'What is the dog called?' })
        await asked.getByText('The dog is called Bramble.').waitFor()
        await answers.getByText(/^General questions that nobody taught/).click()
        await answers
          .getByText(/^The model alone · right$/)
          .first()
          .waitFor()
        await look('personalize-answers', answers)
      },
    )

    test('which answer is better can be chosen without knowing whose it is', async () => {
      await page.getByRole('button', { name: /^Choose without names/ }).click()
      const choice = page.getByRole('region', { name: 'Which answer is better?' })
      await look('personalize-blind', choice)
      for (;;) {
        const shown = await choice.innerText()
        if (shown.includes('You preferred')) break
        const taughtIsA = /\bA\s+The dog is called Bramble/.test(shown)
        await choice.getByRole('button', { name: taughtIsA ? 'A is better' : 'B is better' }).click()
        await expect.poll(() => choice.innerText()).not.toBe(shown)
      }
      await choice.getByRole('button', { name: 'Show which is which' }).click()
      await page.getByText('You preferred it').first().waitFor()
    })

    test('it is kept, and trained on from where it is', { timeout: 400_000 }, async () => {
      await page.getByRole('button', { name: 'Keep it' }).click()
      await page.getByText('Kept', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Train on' }).click()
      await page.getByText('Goes on from what “Bramble” has learned.').waitFor()
      await page.getByText(/^Advanced/).click()
      expect(await field('Rank').isDisabled()).toBe(true)
      for (const [label, value] of [
        ['Epochs', '1'],
        ['General questions', '0'],
        ['Tokens a step', '256'],
      ] as const) {
        await enter(label, value)
      }
      await look('personalize-train-on', page.getByText('Goes on from what'))
      await measure().click()
      await startButton().click({ timeout: 120_000 })
      await page.getByRole('button', { name: 'Keep it' }).waitFor({ timeout: 300_000 })
      await page.getByRole('button', { name: 'Discard it' }).click()
      await page.getByText('This assistant was deleted.').first().waitFor()
    })

    test('nothing was written to the console, nothing breached the content policy', () => {
      expect(opened.problems).toEqual([])
    })
  })
})
