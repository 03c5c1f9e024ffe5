/** Settings, the data part: back up, lose, restore, delete everything, in a real browser. */
import { join } from 'node:path'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser } from './in-browser.ts'
import { takePicture } from './page.ts'

describeInBrowser('the data of the settings, in a browser', {}, ({ open }) => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veranda-test-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  test('backs up, refuses to overwrite, restores, and deletes only with the words typed', async () => {
    const { page, problems } = await open()
    await page.getByRole('link', { name: 'Settings' }).click()
    const file = page.getByLabel('Backup file')
    await file.fill(join(folder, 'all.sqlite'))
    await page.getByRole('button', { name: 'Back up' }).click()
    await page.getByText('Backed up to').first().waitFor()
    await page.getByRole('button', { name: 'Back up' }).click()
    await page.getByText('There is a file').waitFor()
    await page.getByRole('button', { name: 'Restore and merge' }).click()
    await page.getByText('Restored 0 conversations').first().waitFor()
    await page.getByRole('button', { name: 'Restore and replace' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    const erase = page.getByRole('button', { name: 'Delete everything' })
    await expect(erase.getAttribute('aria-disabled')).resolves.toBe('true')
    await page.getByLabel('to confirm').fill('delete everything')
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const [width, height] of [
        [1280, 800],
        [900, 600],
      ] as const) {
        await page.setViewportSize({ width, height })
        await erase.scrollIntoViewIfNeeded()
        await takePicture(page, `settings-data-${width}-${colorScheme}`)
      }
    }
    await erase.click()
    await page.getByText('Everything was deleted.').first().waitFor()
    expect(problems).toEqual([])
  })
})
