/** Walks every screen of the real app in a real browser, without a model: what a newcomer meets. */
import type { BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Language } from '../../src-main/texts/language.ts'
import { catalogues } from '../../src-renderer/texts/texts.ts'
import { findViolations } from './axe.ts'
import { describeInBrowser, findMoving } from './in-browser.ts'
import { takePicture, type TestPage } from './page.ts'

const screens = ['chat', 'teach', 'personalize', 'assistants', 'models', 'computer', 'settings'] as const
type Screen = (typeof screens)[number]

/** Every screen is looked at in each of these. */
const looks: readonly Look[] = [
  ...[1280, 900, 1920].flatMap((width) => [
    { language: 'en', width, colorScheme: 'light' } as const,
    { language: 'en', width, colorScheme: 'dark' } as const,
  ]),
  { language: 'de', width: 900, colorScheme: 'light' },
  { language: 'de', width: 1280, colorScheme: 'dark' },
  { language: 'en', width: 1280, colorScheme: 'light', contrast: 'more' },
  { language: 'en', width: 1280, colorScheme: 'dark', contrast: 'more' },
  { language: 'de', width: 900, colorScheme: 'dark', forcedColors: 'active' },
  { language: 'en', width: 1280, colorScheme: 'light', reducedMotion: 'reduce' },
]

interface Look {
  readonly language: Language
  /** In CSS pixels, as the window has it. */
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
  readonly contrast?: 'more'
  readonly forcedColors?: 'active'
  readonly reducedMotion?: 'reduce'
}

const heights: Readonly<Record<number, number>> = { 900: 600, 1280: 800, 1920: 1080 }

describeInBrowser('the screens in a browser', {}, (inside) => {
  const opened: TestPage[] = []

  async function open(options?: BrowserContextOptions): Promise<Page> {
    const testPage = await inside.open(options)
    opened.push(testPage)
    return testPage.page
  }

  async function go(page: Page, screen: Screen, language: Language = 'en'): Promise<void> {
    const t = catalogues[language]
    const name = t.shell.screens[screen]
    await page.getByRole('navigation', { name: t.shell.rail.label }).getByRole('link', { name }).click()
    const heading = screen === 'chat' ? t.models.welcome.title : t[screen].title
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
    if (screen === 'computer')
      await page.getByRole('heading', { name: t.computer.devices, exact: true }).waitFor()
  }

  test.each(looks)('every screen: $language, $width, $colorScheme', async (look) => {
    const { language, width, ...media } = look
    const page = await open({
      viewport: { width, height: heights[width] ?? 800 },
      locale: language,
      ...media,
    })
    await expect(page.getAttribute('html', 'lang')).resolves.toBe(language)
    for (const screen of screens) {
      await go(page, screen, language)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow, `${screen} is wider than the window`).toBeLessThanOrEqual(0)
      // The open screen's name is bold, and so the longest of all.
      const cut = await page
        .locator('nav a')
        .evaluateAll((links) =>
          links
            .filter((link) => link.scrollWidth > link.clientWidth || link.scrollHeight > link.clientHeight)
            .map((link) => link.textContent),
        )
      expect(cut, screen).toEqual([])
      await takePicture(page, [screen, ...Object.values(look)].join('-'))
      expect(await findViolations(page), screen).toEqual([])
      if (look.reducedMotion !== undefined) expect(await findMoving(page), screen).toEqual([])
    }
  })

  test('another language is shown at once, and kept', async () => {
    const page = await open()
    await go(page, 'settings')
    await page.getByLabel('Language').selectOption('Deutsch')
    await page.getByRole('heading', { name: 'Einstellungen', level: 1 }).waitFor()
    await expect(page.getAttribute('html', 'lang')).resolves.toBe('de')
    await page.reload()
    await page.getByLabel('Sprache').selectOption('English')
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
    await page.getByLabel('Language').selectOption('As the system')
  })

  test('examples: added, found, edited, removed and brought back by keyboard', async () => {
    const page = await open()
    await go(page, 'teach')
    await page.getByRole('button', { name: 'Write the first example' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type('What is the name of the dog?')
    await page.keyboard.press('Tab')
    await page.keyboard.type('The dog is called Bramble.')
    await page.getByRole('button', { name: 'Add the example' }).press('Enter')
    await page.getByRole('button', { name: /^Edit: What is the name of the dog/ }).waitFor()

    await page.getByLabel('Search in examples').fill('no such words')
    await page.getByText('No example fits. Change the words or the filters.').first().waitFor()
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
    await go(page, 'teach')
    const lines = ['{"instruction":"Where is the bench?","output":"On the porch."}', '{"instruction": 12', '']
    await page.setInputFiles('input[type=file]', {
      name: 'porch.jsonl',
      mimeType: 'application/jsonl',
      buffer: Buffer.from(lines.join('\n')),
    })
    await page.getByText('1 example can be imported.').first().waitFor()
    await expect(page.getByRole('table').getByRole('row').nth(1).innerText()).resolves.toMatch(/^2\s/)
    await page.getByRole('button', { name: 'Import 1 example' }).click()
    await page.getByText('porch.jsonl, line 1').waitFor()
  })

  test('an error says what happened and stays calm', async () => {
    const page = await open()
    await go(page, 'models')
    await page.getByLabel('Path of the file').fill('/no/such/model.gguf')
    await page.getByRole('button', { name: 'Import' }).click()
    const notice = page.getByRole('alert').filter({ hasText: 'The model could not be imported' })
    await notice.waitFor()
    await expect(notice.innerText()).resolves.toContain('/no/such/model.gguf')
  })

  test('the theme is kept', async () => {
    const page = await open({ colorScheme: 'light' })
    await go(page, 'settings')
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
