/** A run before it starts, on a machine with next to no memory left: a few real steps say that it will not fit. */
import { afterAll, expect, test } from 'vitest'
import { describeInBrowser, lookAt } from './in-browser.ts'
import { preloadEngines, prepareSmallModel, putTaught } from './small-model.ts'

async function prepare(directory: string): Promise<void> {
  preloadEngines('little-memory.ts')
  await prepareSmallModel(directory, putTaught)
}

describeInBrowser('a run before it starts', { prepare }, ({ open }) => {
  afterAll(() => void delete process.env['NODE_OPTIONS'])

  test('will not fit: said, with what to do, and the start is held back', { timeout: 60_000 }, async () => {
    const { page, problems } = await open()
    await page.getByRole('link', { name: 'Personalize' }).click()
    await page.getByLabel('Name of the assistant').fill('Pim')
    await page.getByRole('button', { name: 'Measure what it takes' }).click()
    // In a live region, so that a screen reader tells it.
    const told = page.getByRole('status').getByText('It will not fit.')
    await told.waitFor({ timeout: 30_000 })
    expect(await told.innerText()).toMatch(
      /It would need [\d.]+ [MG]B of the [\d.]+ [MG]B that this machine has for it\./,
    )
    expect(await told.innerText()).toContain('Leave out examples')
    const start = page.locator('form button[type=submit]')
    expect(await start.getAttribute('title')).toBe('It will not fit the memory.')
    await lookAt(page, 'personalize-will-not-fit', page.getByText('It will not fit.', { exact: true }))
    expect(problems).toEqual([])
  })
})
