/** Settings, the network part: what was asked of whom, in a real browser. */
import { expect, test } from 'vitest'
import type { Handlers } from '../../src-main/contract/procedures.ts'
import type { NetworkRequest } from '../../src-main/contract/entities.ts'
import { findViolations } from './axe.ts'
import { describeInBrowser } from './in-browser.ts'
import { takePicture } from './page.ts'

const request = { startedAt: 0, purpose: 'model', subject: 'SmolLM2 135M Instruct' } as const
let requests: NetworkRequest[] = [
  { ...request, id: 'b', host: 'files.example', receivedBytes: 98_362_432, outcome: 'done' },
  { ...request, id: 'a', host: 'models.example', receivedBytes: 0, outcome: 'redirected' },
]

const replace: Partial<Handlers> = {
  async *'network.list'() {
    return requests
  },
  async *'network.clear'() {
    requests = []
    return null
  },
}

describeInBrowser('the log of the network in the settings', { replace }, ({ open }) => {
  test('is read and cleared', async () => {
    const { page, problems } = await open({ viewport: { width: 900, height: 600 } })
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
