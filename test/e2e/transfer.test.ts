/** An assistant comes from a folder of PEFT's, goes to other programs, and comes back as a file: in a real browser. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { result } from '../app/test-app.ts'
import { writeGeneratedModel } from '../engine/generated-model.ts'
import { findViolations } from './axe.ts'
import { describeInBrowser } from './in-browser.ts'
import { takePicture } from './page.ts'

const reference = join(import.meta.dirname, '../golden/reference')

describeInBrowser('assistants from and for elsewhere, in a browser', {}, ({ app, open }) => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veranda-test-'))
    // With a chat template: without one nothing can be learned of a conversation.
    const path = writeGeneratedModel(join(folder, 'source'))
    await result(app().handlers['models.import']({ path, name: 'Tiny' }, new AbortController().signal))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  test('imports a PEFT folder, exports it twice, imports a file', { timeout: 60_000 }, async () => {
    const { page, problems } = await open()
    await page.getByRole('link', { name: 'Assistants' }).click()
    const importButton = page.getByRole('button', { name: 'Import an assistant…' })
    await importButton.click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Path of the file or folder').fill(join(reference, 'peft-adapters/vera_qv'))
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    // It names a model that isn't here under that name.
    await dialog.getByText('says that it is for the model “tiny-llama/untied-llama3”').waitFor()
    await takePicture(page, 'assistants-import')
    await dialog.getByLabel('Its model').selectOption('Tiny')
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('“vera_qv” is here.').first().waitFor()

    await page.getByRole('button', { name: 'Export…' }).click()
    const path = dialog.getByLabel('File or folder to make')
    expect(await path.inputValue()).toBe('vera_qv.veranda-adapter')
    await path.fill(join(folder, 'friend.veranda-adapter'))
    const doExport = dialog.getByRole('button', { name: 'Export', exact: true })
    await doExport.click()
    await dialog.getByText('Exported to').first().waitFor()
    await dialog.getByText('Same likeliest next token').waitFor()
    expect(await findViolations(page)).toEqual([])
    await takePicture(page, 'assistants-export')
    await doExport.click()
    await dialog.getByText('There is a file or folder').waitFor()
    await dialog.getByLabel('llama.cpp and programs built on it').check()
    await path.fill(join(folder, 'lora.gguf'))
    await doExport.click()
    await dialog.getByText('lora.gguf').first().waitFor()
    expect(readFileSync(join(folder, 'lora.gguf')).subarray(0, 4).toString()).toBe('GGUF')
    await dialog.getByRole('button', { name: 'Close' }).click()

    await importButton.click()
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      dialog.locator('button', { hasText: 'Choose files…' }).click(),
    ])
    await chooser.setFiles(join(folder, 'friend.veranda-adapter'))
    await page.getByRole('article', { name: 'vera_qv 2' }).waitFor()

    await page.getByRole('link', { name: 'Models' }).click()
    app().openFile(join(folder, 'friend.veranda-adapter'))
    await page.getByRole('article', { name: 'vera_qv 3' }).waitFor()
    app().openFile(join(folder, 'gone.veranda-adapter'))
    await page.getByText('There is no file or folder').waitFor()
    expect(existsSync(join(app().dataDirectory, 'cache', 'adapters'))).toBe(true)
    expect(problems).toEqual([])
  })

  test('takes what is to be learned elsewhere, and shows the way back', { timeout: 60_000 }, async () => {
    const messages = [
      { role: 'user' as const, content: 'Who sleeps on the porch?' },
      { role: 'assistant' as const, content: 'The dog.' },
    ]
    await result(app().handlers['examples.add']({ messages }, new AbortController().signal))
    const { page, problems } = await open()
    await page.getByRole('link', { name: 'Personalize' }).click()
    await page.getByRole('button', { name: 'Train elsewhere…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Train elsewhere' })
    await dialog.getByText('(1 example)').first().waitFor()
    const bundle = join(folder, 'bundle')
    await dialog.getByLabel('File or folder to make').fill(bundle)
    await dialog.getByRole('button', { name: 'Write the folder' }).click()
    await dialog.getByText('accelerate launch train.py').waitFor()
    expect(readdirSync(bundle).toSorted()).toEqual([
      'README.md',
      'adapter_config.json',
      'chat_template.jinja',
      'dataset.jsonl',
      'model',
      'train.py',
      'training.json',
    ])
    expect(await findViolations(page)).toEqual([])
    await takePicture(page, 'personalize-elsewhere')
    await dialog.getByRole('button', { name: 'Write the folder' }).click()
    await dialog.getByText('There is a file or folder').waitFor()
    await dialog.getByLabel('Put the model in').uncheck()
    await dialog.getByLabel('File or folder to make').fill(join(folder, 'small'))
    await dialog.getByRole('button', { name: 'Write the folder' }).click()
    await dialog.getByRole('button', { name: 'Import an assistant…' }).click()
    await page.getByRole('dialog', { name: 'Import an assistant' }).waitFor()
    expect(readdirSync(join(folder, 'small'))).not.toContain('model')
    expect(problems).toEqual([])
  })
})
