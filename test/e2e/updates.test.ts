/** Settings, the updates: nobody is asked until a channel is chosen; in a real browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findViolations } from './axe.ts'
import { launchChromium } from './chromium.ts'
import { openPage, serveApp, takePicture, type ServedApp } from './page.ts'

const launched = await launchChromium()
const { browser } = launched
if (browser === null) console.warn(`skipped: the updates in a browser: ${launched.reason}`)

describe.skipIf(browser === null)('updates in the settings', () => {
  let app: ServedApp
  let checks = 0
  let installs = 0
  beforeAll(async () => {
    app = await serveApp({
      replace: {
        async *'updates.check'() {
          checks += 1
          return { kind: 'available', version: '2.0.0' }
        },
        async *'updates.install'() {
          installs += 1
          yield { doneBytes: 500_000, totalBytes: 1_000_000 }
          return null
        },
      },
    })
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })

  test('are off, then asked for, told of at the next start, and installed on a click', async () => {
    if (browser === null) throw new Error('there is no browser')
    const { page, problems } = await openPage(browser, app)
    await page.getByRole('link', { name: 'Settings' }).click()
    const check = page.getByRole('button', { name: 'Check now' })
    await expect(check.getAttribute('aria-disabled')).resolves.toBe('true')
    expect(checks).toBe(0)
    await page.getByLabel('Stable versions').check()
    await check.click()
    await page.getByText('Version 2.0.0 can be installed.').waitFor()
    await takePicture(page, 'settings-updates')
    expect(await findViolations(page)).toEqual([])

    await page.reload()
    const notice = page.getByRole('button', { name: 'Show', exact: true })
    await notice.waitFor()
    expect(checks).toBe(2)
    await notice.click()
    await page.getByRole('button', { name: 'Install 2.0.0 and restart' }).click()
    await expect.poll(() => installs).toBe(1)
    expect(problems).toEqual([])
  })
})
