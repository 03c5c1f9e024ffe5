/** Settings, the network part: what was asked of whom, in a real browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NetworkRequest } from '../../src-main/contract/entities.ts'
import { findViolations } from './axe.ts'
import { launchChromium } from './chromium.ts'
import { openPage, serveApp, takePicture, type ServedApp } from './page.ts'

const launched = await launchChromium()
const { browser } = launched
if (browser === null) console.warn(`skipped: the network's log in a browser: ${launched.reason}`)

const request = { startedAt: 0, purpose: 'model', subject: 'SmolLM2 135M Instruct' } as const
let requests: NetworkRequest[] = [
  { ...request, id: 'b', host: 'files.example', receivedBytes: 98_362_432, outcome: 'done' },
  { ...request, id: 'a', host: 'models.example', receivedBytes: 0, outcome: 'redirected' },
]

describe.skipIf(browser === null)('the log of the network in the settings', () => {
  let app: ServedApp
  beforeAll(async () => {
    app = await serveApp({
      replace: {
        async *'network.list'() {
          return requests
        },
        async *'network.clear'() {
          requests = []
          return null
        },
      },
    })
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })

  test('is read and cleared', async () => {
    if (browser === null) throw new Error('there is no browser')
    const { page, problems } = await openPage(browser, app, { viewport: { width: 900, height: 600 } })
    await page.getByRole('link', { name: 'Settings' }).click()
    const row = page.getByRole('row', { name: 'files.example' })
    await expect(row.innerText()).resolves.toMatch(
      /files\.example\s+the model SmolLM2 135M Instruct\s+98\.4 MB\s+done/,
    )
    await row.scrollIntoViewIfNeeded()
    await takePicture(page, 'settings-network')
    expect(await findViolations(page)).toEqual([])
    await page.getByRole('button', { name: 'Clear the list' }).click()
    await page.getByText('Nothing was asked of the network.').waitFor()
    expect(problems).toEqual([])
  })
})
