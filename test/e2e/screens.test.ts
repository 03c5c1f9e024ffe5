/** Walks every screen of the real app in a real browser, without a model: what a newcomer meets. */
import type { Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findViolations } from './axe.ts'
import { launchChromium } from './chromium.ts'
import { openPage, serveApp, takePicture, type ServedApp, type TestPage } from './page.ts'

const launched = await launchChromium()
const { browser } = launched
if (browser === null) console.warn(`skipped: the screens in a browser: ${launched.reason}`)

const screens = [
  { name: 'Chat', heading: 'Welcome to Veranda' },
  { name: 'Teach', heading: 'Teach' },
  { name: 'Personalize', heading: 'Personalize' },
  { name: 'Assistants', heading: 'Assistants' },
  { name: 'Models', heading: 'Models' },
  { name: 'Settings', heading: 'Settings' },
]

describe.skipIf(browser === null)('the screens in a browser', () => {
  let app: ServedApp
  const opened: TestPage[] = []

  beforeAll(async () => {
    app = await serveApp()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })

  async function open(options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
    if (browser === null) throw new Error('there is no browser')
    const testPage = await openPage(browser, app, options)
    opened.push(testPage)
    return testPage.page
  }

  async function go(page: Page, name: string): Promise<void> {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name }).click()
    const heading = screens.find((screen) => screen.name === name)?.heading ?? name
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
  }

  for (const [width, height] of [
    [1280, 800],
    [900, 600],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`every screen at ${width}×${height}, ${colorScheme}`, async () => {
        const page = await open({ viewport: { width, height }, colorScheme })
        for (const { name } of screens) {
          await go(page, name)
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
          expect(overflow, `${name} is wider than the window`).toBeLessThanOrEqual(0)
          await takePicture(page, `${name.toLowerCase()}-${width}-${colorScheme}`)
          expect(await findViolations(page), name).toEqual([])
        }
      })
    }
  }

  test('examples: added, found, edited, removed and brought back by keyboard', async () => {
    const page = await open()
    await go(page, 'Teach')
    await page.getByRole('button', { name: 'Write the first example' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type('What is the name of the dog?')
    await page.keyboard.press('Tab')
    await page.keyboard.type('The dog is called Bramble.')
    await page.getByRole('button', { name: 'Add the example' }).press('Enter')
    await page.getByRole('button', { name: /^Edit: What is the name of the dog/ }).waitFor()

    await page.getByLabel('Search in examples').fill('no such words')
    await page.getByText('No example fits. Change the words or the filters.').waitFor()
    await page.getByLabel('Search in examples').fill('bramble')

    await page.getByRole('button', { name: 'Edit', exact: true }).press('Enter')
    await page.getByLabel('Answer').fill('Bramble.')
    await page.getByRole('button', { name: 'Save the example' }).press('Enter')
    await page.getByText('Bramble.', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Remove', exact: true }).press('Enter')
    await page.getByText('Nothing taught yet').waitFor()
    await page.getByRole('button', { name: 'Undo' }).press('Enter')
    await page.getByText('Bramble.', { exact: true }).waitFor()
  })

  test('a file of examples: what can be read is added, the rest is told by line', async () => {
    const page = await open()
    await go(page, 'Teach')
    const lines = ['{"instruction":"Where is the bench?","output":"On the porch."}', '{"instruction": 12', '']
    await page.setInputFiles('input[type=file]', {
      name: 'porch.jsonl',
      mimeType: 'application/jsonl',
      buffer: Buffer.from(lines.join('\n')),
    })
    await page.getByText('1 example can be imported.').waitFor()
    await expect(page.getByRole('table').getByRole('row').nth(1).innerText()).resolves.toMatch(/^2\s/)
    await page.getByRole('button', { name: 'Import 1 example' }).click()
    await page.getByText('porch.jsonl, line 1').waitFor()
  })

  test('an error says what happened and stays calm', async () => {
    const page = await open()
    await go(page, 'Models')
    await page.getByLabel('Path of the file').fill('/no/such/model.gguf')
    await page.getByRole('button', { name: 'Import' }).click()
    const notice = page.getByRole('alert').filter({ hasText: 'The model could not be imported' })
    await notice.waitFor()
    await expect(notice.innerText()).resolves.toContain('/no/such/model.gguf')
  })

  test('the theme is kept', async () => {
    const page = await open({ colorScheme: 'light' })
    await go(page, 'Settings')
    await page.getByLabel('Dark').check()
    await page.reload()
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await expect.poll(background).toBe('rgb(29, 27, 24)')
    await page.getByLabel('As the system').check()
    await expect.poll(background).toBe('rgb(253, 251, 247)')
  })

  test('a lost connection is said, and found again', async () => {
    const page = await open()
    const sockets: WebSocketRoute[] = []
    await page.routeWebSocket('**/channel', (socket) => {
      sockets.push(socket)
      if (sockets.length > 1) socket.connectToServer()
      // The first one opens and ends, as if the app had been closed.
      else setTimeout(() => void socket.close(), 0)
    })
    await page.reload()
    await page.getByText('The connection to Veranda is lost.').waitFor()
    await page.getByRole('heading', { name: 'Welcome to Veranda' }).waitFor()
    await page.getByText('The connection to Veranda is lost.').waitFor({ state: 'hidden' })
  })

  test('nothing was written to the console, nothing breached the content policy', () => {
    expect(opened.length).toBeGreaterThan(0)
    expect(opened.flatMap(({ problems }) => problems)).toEqual([])
  })
})
