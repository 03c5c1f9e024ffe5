/** Teaching in a real browser: a file with columns of its own, the review, what was found, and the way out again. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { describeInBrowser, lookAt } from './in-browser.ts'
import type { TestPage } from './page.ts'

const rows = [
  'Frage;Question;Answer',
  '1;Where is the wooden bench of the workshop?;On the porch, by the door.',
  '2;Where is the wooden bench of the workshop;On the porch by the door',
  '3;Who sells good tea?;Ann, at ann@example.org or +32 470 12 34 56.',
  '4;Only a question;',
]

describeInBrowser('teaching in a browser', {}, ({ open }) => {
  let opened: TestPage
  let page: Page

  beforeAll(async () => {
    opened = await open()
    page = opened.page
    await page.getByRole('link', { name: 'Teach' }).click()
  })

  const look = (name: string) => lookAt(page, name)
  const pick = (name: string, text: string, encoding: BufferEncoding = 'utf8') =>
    page.setInputFiles('input[type=file]', {
      name,
      mimeType: 'text/plain',
      buffer: Buffer.from(text, encoding),
    })
  const state = (name: string) =>
    page.getByRole('group', { name: 'By state' }).getByRole('button', { name: new RegExp(`^${name} `) })

  test('a table of other columns is mapped, and nothing is written before it is asked for', async () => {
    await pick('bench.csv', rows.join('\r\n'))
    await page.getByText('3 examples can be imported.').first().waitFor()
    await expect(page.getByLabel('Question', { exact: true }).inputValue()).resolves.toBe('1')
    await page.getByLabel('Question', { exact: true }).selectOption('Frage')
    await page.getByRole('group', { name: 'Preview' }).getByText('3', { exact: false }).first().waitFor()
    await page.getByLabel('Question', { exact: true }).selectOption('Question')
    await page.getByText('line 5 has an empty answer').waitFor()
    await look('teach-import')
    await page.getByLabel('Tags for all of them').fill('bench, tea')
    await page.getByRole('button', { name: 'Import 3 examples' }).click()
    await page.getByText('Imported 3 examples.').first().waitFor()
  })

  test('what was found is marked, told where, and redacted', async () => {
    await page.getByText('Near-duplicate', { exact: true }).nth(1).waitFor()
    await look('teach-list')
    await page.getByLabel('Marks').selectOption('private')
    await page.getByRole('button', { name: /^Edit: Who sells good tea/ }).click()
    await page.getByText('E-mail address: ann@example.org').waitFor()
    await look('teach-editor')
    await page.getByRole('button', { name: 'Redact all of it' }).click()
    await page.getByText('Redacted 1 example.').first().waitFor()
    await page.getByText('No example fits.').first().waitFor()
    await page.getByLabel('Marks').selectOption('')
    await page.getByText('Ann, at [e-mail address] or [phone number].').waitFor()
  })

  test('the inbox is reviewed many at once, and taken back', async () => {
    await state('To review').click()
    await page.getByRole('button', { name: 'Select the copies' }).click()
    await page.getByText('1 of 3 examples selected').first().waitFor()
    await page.getByRole('button', { name: 'Skip', exact: true }).first().click()
    await expect.poll(() => state('Skipped').innerText()).toContain('1')
    await page.getByRole('button', { name: 'Undo' }).last().click()
    await expect.poll(() => state('To review').innerText()).toContain('3')
    await page.getByRole('button', { name: 'Approve', exact: true }).first().click()
    await expect.poll(() => state('Approved').innerText()).toContain('1')
  })

  test('the export is a file with everything', async () => {
    await state('All').click()
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByLabel('All, 3 examples').check()
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save the file' }).click()
    const file = await downloading
    expect(file.suggestedFilename()).toBe('examples.jsonl')
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toHaveLength(3)
    expect(lines[0]).toContain('"tags":["bench","tea"]')
  })

  test('a file of another encoding is read as what it looks like', async () => {
    await pick('cafe.jsonl', '{"instruction": "Un café ?", "output": "Voilà."}\n', 'latin1')
    await page.getByText('Un café ?').waitFor()
    await expect(page.getByLabel('Encoding').inputValue()).resolves.toBe('windows-1252')
    await page.getByLabel('Encoding').selectOption('utf-8')
    await page.getByText('line 1 is not UTF-8').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
  })

  test('nothing was written to the console, nothing breached the content policy', () => {
    expect(opened.problems).toEqual([])
  })
})
