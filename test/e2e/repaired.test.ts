/** A database that was damaged since the last time: repaired at the start, and said, with where the damaged file is. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { breakPage } from '../app/storage/break-page.ts'
import { filledStorage, say } from '../app/storage/filled-folder.ts'
import { describeInBrowser, lookAt } from './in-browser.ts'

async function prepare(directory: string): Promise<void> {
  const storage = filledStorage(directory)
  for (let i = 0; i < 400; i++) say(storage, 'c1', `message ${i} ${'about the porch '.repeat(20)}`, `n${i}`)
  storage.close()
  breakPage(join(directory, 'veranda.sqlite'), 'message 200 about')
}

describeInBrowser('a damaged database', { prepare }, ({ open }) => {
  test('is repaired, and what that means is told', async () => {
    const { page, problems } = await open()
    await page
      .getByRole('status')
      .getByText(/^The database was damaged and has been repaired: /)
      .waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    const kept = page.getByText(/^The damaged file is kept unchanged: /)
    await kept.waitFor()
    await lookAt(page, 'settings-repaired', kept)
    expect(problems).toEqual([])
  })
})
