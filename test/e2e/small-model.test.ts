/** Assistants over a real engine and a real model, small enough to learn in a second: who answers, and what it learned. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser, lookAt } from './in-browser.ts'
import type { TestPage } from './page.ts'
import {
  preloadEngines,
  prepareSmallModel,
  putSmallAssistant,
  putTaught,
  smallModelId,
} from './small-model.ts'

let loadedGraphs = ''

async function prepare(directory: string): Promise<void> {
  loadedGraphs = join(directory, 'loaded-graphs.txt')
  process.env['LOADED_GRAPHS'] = loadedGraphs
  preloadEngines('count-sessions.ts')
  await prepareSmallModel(directory, async (storage, modelDirectory) => {
    putTaught(storage)
    await putSmallAssistant(storage, modelDirectory, 'Pim', 1)
    await putSmallAssistant(storage, modelDirectory, 'Tom', 2)
  })
}

describeInBrowser('assistants of a real small model', { prepare }, ({ open, app }) => {
  let opened: TestPage
  let page: Page

  beforeAll(async () => {
    opened = await open()
    page = opened.page
  })
  afterAll(() => {
    delete process.env['NODE_OPTIONS']
    delete process.env['LOADED_GRAPHS']
  })

  const go = (name: string) => page.getByRole('link', { name, exact: true }).click()
  const card = (name: string) => page.getByRole('article', { name, exact: true })
  const assistant = () => page.getByLabel('Assistant', { exact: true })
  const strength = () => page.getByRole('slider', { name: 'Strength' })

  /** What was answered, and by whom. */
  async function ask(text: string): Promise<{ by: string; answer: string }> {
    const answers = page.getByRole('article', { name: /^Answer of/ })
    const before = await answers.count()
    await page.getByLabel('Your message').fill(text)
    await page.keyboard.press('Enter')
    const answer = answers.nth(before)
    await answer.getByRole('button', { name: 'Copy the answer' }).waitFor({ timeout: 30_000 })
    const by = (await answer.getAttribute('aria-label')) ?? ''
    return { by, answer: await answer.locator('.markdown').innerText() }
  }

  const loads = (): number =>
    existsSync(loadedGraphs) ? readFileSync(loadedGraphs, 'utf8').split('\n').length - 1 : 0

  test(
    'assistant and strength change between two messages, and nothing is loaded again',
    { timeout: 60_000 },
    async () => {
      await page.getByRole('button', { name: 'New conversation', exact: true }).click()
      const alone = await ask('dog?')
      expect(alone.by).toBe('Answer of Assistant')
      await assistant().selectOption('Pim')
      const pim = await ask('dog?')
      expect(pim.by).toBe('Answer of Pim')
      const loaded = loads()
      expect(loaded).toBeGreaterThan(0)

      await assistant().selectOption('Tom')
      const tom = await ask('dog?')
      expect(tom.by).toBe('Answer of Tom')
      await strength().fill('50')
      const half = await ask('dog?')
      await strength().fill('150')
      const more = await ask('dog?')
      await assistant().selectOption('')
      await ask('dog?')
      expect(loads()).toBe(loaded)
      expect(new Set([pim, tom, half, more].map(({ answer }) => answer)).size).toBe(4)
    },
  )

  test('two become a third, which answers by itself when both are deleted', { timeout: 60_000 }, async () => {
    await go('Assistants')
    await page.getByRole('button', { name: 'Blend', exact: true }).click()
    const panel = page.getByRole('dialog', { name: 'Blend two assistants' })
    await panel.getByLabel('First').selectOption('Pim')
    await panel.getByLabel('Second').selectOption('Tom')
    await panel.getByLabel('Name of the assistant').fill('Pimtom')
    await panel.getByRole('slider').first().fill('100')
    await panel.getByRole('button', { name: 'Make the blend' }).click()
    await panel.waitFor({ state: 'hidden' })
    await card('Pimtom')
      .getByText(/^A blend of Pim .* and Tom/)
      .waitFor()
    await lookAt(page, 'assistants-blended', card('Pimtom'))
    for (const name of ['Pim', 'Tom'])
      await card(name)
        .getByRole('button', { name: `Delete “${name}”` })
        .click()
    await card('Pimtom').getByRole('button', { name: 'Use in chat' }).click()
    await page.getByRole('heading', { name: 'Pimtom is listening' }).waitFor()
    expect((await ask('where?')).by).toBe('Answer of Pimtom')
    await go('Assistants')
    for (const name of ['Tom', 'Pim']) {
      await page.getByRole('button', { name: 'Undo' }).last().click()
      await card(name).waitFor()
    }
  })

  test('each conversation keeps the assistant it was given', async () => {
    await go('Assistants')
    await card('Tom').getByRole('button', { name: 'Use in chat' }).click()
    await ask('hens?')
    await strength().fill('80')
    await page.getByRole('button', { name: 'New conversation', exact: true }).click()
    await assistant().selectOption('Pim')
    await ask('how old?')
    const chosen = () => assistant().locator('option:checked').innerText()
    await page.getByRole('link', { name: /^Hens/ }).click()
    await expect.poll(chosen).toBe('Tom')
    await page.reload()
    await expect.poll(chosen).toBe('Tom')
    expect(await strength().inputValue()).toBe('80')
    await page.getByRole('link', { name: /^How old/ }).click()
    await expect.poll(chosen).toBe('Pim')
  })

  test('a run stops early by itself and says where, and its best is kept', { timeout: 90_000 }, async () => {
    const started = app().handlers['personalize.start'](
      {
        name: 'Early',
        modelId: smallModelId,
        exampleIds: null,
        settings: {
          rank: 16,
          epochs: 60,
          batchTokens: 40,
          learningRate: 0.1,
          evaluations: 20,
          patience: 2,
          replay: 0,
        },
        heldOutRatio: 0.4,
      },
      new AbortController().signal,
    )
    await started.next()
    await go('Personalize')
    await page
      .getByRole('main')
      .getByRole('link', { name: /^Early/ })
      .click()
    await page.getByRole('button', { name: 'Keep it' }).waitFor({ timeout: 60_000 })
    const told = await page.getByText(/^It stopped early, after step/).innerText()
    const [, step = ''] = /after step (\d+)/.exec(told) ?? []
    expect(Number(step)).toBeGreaterThan(0)
    await lookAt(page, 'personalize-stopped-early', page.getByText(/^It stopped early/))
  })

  test(
    'an example is forgotten: a version without it is trained and stands beside',
    { timeout: 90_000 },
    async () => {
      await go('Assistants')
      await card('Early').getByRole('button', { name: 'What it learned from' }).click()
      const panel = page.getByRole('dialog', { name: 'What it learned from' })
      const forget = panel.getByRole('button', { name: /^Forget “/ })
      await forget.first().waitFor()
      const learned = await forget.count()
      expect(learned).toBeGreaterThan(2)
      const label = (await forget.first().getAttribute('aria-label')) ?? ''
      await lookAt(page, 'assistants-lineage')
      await forget.first().click()
      await panel.waitFor({ state: 'hidden' })
      await page
        .getByText(/is being trained without the example\.$/)
        .first()
        .waitFor()
      const without = page.getByRole('article').filter({ hasText: 'Early without some of its examples.' })
      await without.waitFor({ timeout: 60_000 })
      await without.getByRole('button', { name: 'What it learned from' }).click()
      await forget.first().waitFor()
      expect(await forget.count()).toBe(learned - 1)
      expect(await panel.getByRole('button', { name: label }).count()).toBe(0)
      await page.keyboard.press('Escape')
    },
  )

  test('nothing was written to the console, nothing breached the content policy', () => {
    expect(opened.problems).toEqual([])
  })
})
