/** What people who hear the page are told: each change that comes by itself, through the one live region. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { describeInBrowser } from './in-browser.ts'
import type { TestPage } from './page.ts'
import { prepareSmallModel, putTaught, smallModelId } from './small-model.ts'

const gguf = resolve('test/golden/reference/gguf-quants/tiny-llama-tied-Q4_1.gguf')

describeInBrowser(
  'what is told',
  { prepare: (directory) => prepareSmallModel(directory, putTaught) },
  ({ open, app }) => {
    let opened: TestPage
    let page: Page

    beforeAll(async () => {
      opened = await open()
      page = opened.page
    })

    const go = (name: string) => page.getByRole('link', { name, exact: true }).click()
    const told = async (text: string | RegExp): Promise<void> =>
      await page.getByRole('status').getByText(text).first().waitFor({ state: 'attached', timeout: 30_000 })
    const ask = async (text: string): Promise<void> => {
      await page.getByLabel('Your message').fill(text)
      await page.keyboard.press('Enter')
    }

    test('the region is there before anything is said', async () => {
      expect(await page.locator('[role=status]').count()).toBe(1)
    })

    test('an answer that is finished is read from the log, once and not word by word', async () => {
      await page.getByRole('button', { name: 'New conversation', exact: true }).click()
      await ask('hens?')
      const log = page.getByRole('log', { name: 'Messages' })
      await log.getByRole('button', { name: 'Copy the answer' }).waitFor()
      expect(await log.locator('[aria-busy=true]').count()).toBe(0)
    })

    test('a search says how much it found', async () => {
      await page.getByLabel('Search chats').fill('hens')
      await told('1 title and 1 message found.')
      await page.getByLabel('Search chats').fill('')
    })

    test('a deletion, with the way back', async () => {
      await page.getByRole('link', { name: /^Hens/ }).hover()
      await page.getByRole('button', { name: 'Delete “Hens?”' }).click()
      await told('Deleted “Hens?”. Undo')
      await page.getByRole('button', { name: 'Undo' }).click()
    })

    test('an import of examples: what can be read, then what was added', async () => {
      await go('Teach')
      await page.setInputFiles('input[type=file]', {
        name: 'porch.jsonl',
        mimeType: 'application/jsonl',
        buffer: Buffer.from('{"instruction":"Where is the bench?","output":"On the porch."}'),
      })
      await told('1 example can be imported.')
      await page.getByRole('button', { name: 'Import 1 example' }).click()
      await told(/^Imported 1 example\./)
      await page.getByLabel('Search in examples').fill('no such words')
      await told('No example fits. Change the words or the filters.')
      await page.getByLabel('Search in examples').fill('')
    })

    test('an error at once', async () => {
      await go('Models')
      await page.getByLabel('Path of the file').fill('/no/such/model.gguf')
      await page.getByRole('button', { name: 'Import', exact: true }).click()
      await page.getByRole('alert').filter({ hasText: 'The model could not be imported' }).waitFor()
    })

    test(
      'a measurement, a run at every quarter on any screen, and its end',
      { timeout: 90_000 },
      async () => {
        await go('Personalize')
        await page.getByLabel('Name of the assistant').fill('Pim')
        await page.getByRole('button', { name: 'Measure what it takes' }).click()
        await told(/^It will take about/)
        const settings = { rank: 16, epochs: 200, batchTokens: 40, replay: 0 }
        const input = { name: 'Pim', modelId: smallModelId, exampleIds: null, settings, heldOutRatio: 0 }
        await app().handlers['personalize.start'](input, new AbortController().signal).next()
        await page.reload()
        await go('Settings')
        await told(/^Personalizing Pim: /)
        await told('“Pim” has learned from your examples. Open')
      },
    )

    test('what an export in a dialog comes to, inside of the dialog', async () => {
      await go('Assistants')
      await page.getByRole('button', { name: 'Export…' }).first().click()
      const panel = page.getByRole('dialog')
      const folder = await mkdtemp(join(tmpdir(), 'veranda-export-'))
      await writeFile(join(folder, 'note.txt'), 'not empty')
      await panel.getByLabel('File or folder to make').fill(join(folder, 'pim.veranda-adapter'))
      await panel.getByRole('button', { name: 'Export', exact: true }).click()
      await panel
        .getByRole('status')
        .getByText(/pim\.veranda-adapter/)
        .first()
        .waitFor({ state: 'attached' })
      await rm(folder, { recursive: true })
      await page.keyboard.press('Escape')
    })

    test('a model that is imported: how far it is, then that it is here', async () => {
      await go('Models')
      await page.getByLabel('Path of the file').fill(gguf)
      await page.getByRole('button', { name: 'Import', exact: true }).click()
      await told(/^Progress of .*: /)
      await told(/is here and can answer\.$/)
    })

    test('nothing was written to the console, nothing breached the content policy', () => {
      expect(opened.problems).toEqual([])
    })
  },
)
