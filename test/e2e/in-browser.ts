/** Groups of tests over one app that is served to a real browser. */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { findViolations } from './axe.ts'
import { launchChromium } from './chromium.ts'
import { openPage, serveApp, takePicture, type ServedApp, type ServeOptions, type TestPage } from './page.ts'

const launched = await launchChromium()

export interface InBrowser {
  /** The app; for tests and hooks only, as `open` is. */
  readonly app: () => ServedApp
  readonly browser: () => Browser
  /** Opens the app in a page of its own, 1280×800 and light unless told otherwise. */
  readonly open: (options?: BrowserContextOptions) => Promise<TestPage>
}

/** Served once for the group, which is skipped in plain sight where there is no browser. */
export function describeInBrowser(
  name: string,
  options: ServeOptions,
  body: (inside: InBrowser) => void,
): void {
  const { browser } = launched
  if (browser === null) console.warn(`skipped: ${name}: ${launched.reason}`)
  describe.skipIf(browser === null)(name, () => {
    let app: ServedApp | null = null
    const served = (): ServedApp => {
      if (app === null) throw new Error('The app is there in tests and hooks only.')
      return app
    }
    const opened = (): Browser => {
      if (browser === null) throw new Error('There is no browser.')
      return browser
    }
    beforeAll(async () => {
      app = await serveApp(options)
    })
    afterAll(async () => {
      await browser?.close()
      await app?.close()
    })
    body({
      app: served,
      browser: opened,
      open: async (context = {}) => {
        const wide = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' } as const
        return await openPage(opened(), served(), { ...wide, ...context })
      },
    })
  })
}

const sizes = [
  [1280, 800],
  [900, 600],
] as const

/** What else people ask of their system. */
const wishes = [
  { contrast: 'more' },
  { forcedColors: 'active', colorScheme: 'dark' },
  { reducedMotion: 'reduce' },
] as const

/**
 * Looks at what is shown in both sizes and themes: takes pictures, and nothing sticks out or breaks a rule of axe; nor
 * with more contrast or the system's own colours, and nothing moves for those who want it still.
 */
export async function lookAt(page: Page, name: string, shown?: Locator): Promise<void> {
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await shown?.evaluate((element) => element.scrollIntoView({ block: 'center' }))
      await takePicture(page, `${name}-${width}-${colorScheme}`)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow).toBeLessThanOrEqual(0)
      expect(await findViolations(page)).toEqual([])
    }
  }
  for (const wish of wishes) {
    await page.emulateMedia({ ...plainMedia, ...wish })
    if ('reducedMotion' in wish) expect(await findMoving(page)).toEqual([])
    else {
      await takePicture(page, `${name}-${Object.values(wish)[0]}`)
      expect(await findViolations(page)).toEqual([])
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia(plainMedia)
}

const plainMedia = {
  colorScheme: 'light',
  contrast: 'no-preference',
  forcedColors: 'none',
  reducedMotion: 'no-preference',
} as const

/** The elements that move, or would. */
export async function findMoving(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element)
        return [animationDuration, transitionDuration].some((times) => /[1-9]/.test(times))
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 100)),
  )
}
