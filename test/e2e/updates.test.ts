/** Settings, the updates: nobody is asked until a channel is chosen; in a real browser. */
import { expect, test } from 'vitest'
import type { Handlers } from '../../src-main/contract/procedures.ts'
import { findViolations } from './axe.ts'
import { describeInBrowser } from './in-browser.ts'
import { takePicture } from './page.ts'

let checks = 0
let installs = 0
const replace: Partial<Handlers> = {
  async *'updates.check'() {
    checks += 1
    return { kind: 'available', version: '2.0.0' }
  },
  async *'updates.install'() {
    installs += 1
    yield { doneBytes: 500_000, totalBytes: 1_000_000 }
    return null
  },
}

describeInBrowser('updates in the settings', { replace }, ({ open }) => {
  test('are off, then asked for, told of at the next start, and installed on a click', async () => {
    const { page, problems } = await open()
    await page.getByRole('link', { name: 'Settings' }).click()
    const check = page.getByRole('button', { name: 'Check now' })
    await expect(check.getAttribute('aria-disabled')).resolves.toBe('true')
    expect(checks).toBe(0)
    await page.getByLabel('Stable versions').check()
    await check.click()
    await page.getByText('Version 2.0.0 can be installed.').first().waitFor()
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
