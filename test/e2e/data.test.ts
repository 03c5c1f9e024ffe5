/** Settings, the data part: back up, lose, restore, delete everything, in a real browser. */
import { join } from 'node:path'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from './chromium.ts'
import { openPage, serveApp, takePicture, type ServedApp } from './page.ts'

const launched = await launchChromium()
const { browser } = launched
if (browser === null) console.warn(`skipped: the data in a browser: ${launched.reason}`)

describe.skipIf(browser === null)('the data of the settings, in a browser', () => {
  let app: ServedApp
  let folder: string
  beforeAll(async () => {
    app = await serveApp()
    folder = await mkdtemp(join(tmpdir(), 'veranda-test-'))
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('backs up, refuses to overwrite, restores, and deletes only with the words typed', async () => {
    if (browser === null) throw new Error('there is no browser')
    const { page, problems } = await openPage(browser, app, { viewport: { width: 1280, height: 800 } })
    await page.getByRole('link', { name: 'Settings' }).click()
    const file = page.getByLabel('Backup file')
    await file.fill(join(folder, 'all.sqlite'))
    await page.getByRole('button', { name: 'Back up' }).click()
    await page.getByText('Backed up to').waitFor()
    await page.getByRole('button', { name: 'Back up' }).click()
    await page.getByText('There is a file').waitFor()
    await page.getByRole('button', { name: 'Restore and merge' }).click()
    await page.getByText('Restored 0 conversations').waitFor()
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
    await page.getByText('Everything was deleted.').waitFor()
    expect(problems).toEqual([])
  })
})
