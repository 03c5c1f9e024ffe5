/** Measures the devices of this machine on their screen, with SwiftShader as the graphics card where it can be. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findSwiftShader } from '../swiftshader.ts'
import { findViolations } from './axe.ts'
import { launchChromium } from './chromium.ts'
import { openPage, serveApp, type ServedApp, takePicture, type TestPage } from './page.ts'

const launched = await launchChromium()
const { browser } = launched
const vulkan = await findSwiftShader()
if (browser === null) console.warn(`skipped: measuring on the screen: ${launched.reason}`)
else if (vulkan.env === null) console.warn(`skipped: measuring on the screen: ${vulkan.reason}`)

describe.skipIf(browser === null || vulkan.env === null)('this computer on its screen', () => {
  let app: ServedApp
  let opened: TestPage | null = null

  beforeAll(async () => {
    // The engines that the app starts inherit it.
    Object.assign(process.env, vulkan.env)
    app = await serveApp()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })

  test('a device is tested, measured and chosen; it is said which is in use', async () => {
    if (browser === null) throw new Error('there is no browser')
    opened = await openPage(browser, app, { viewport: { width: 1280, height: 800 } })
    const { page } = opened
    await page.getByRole('link', { name: 'This computer' }).click()
    const [processor, card] = [
      page.getByRole('article', { name: 'Processor' }),
      page.getByRole('article', { name: 'Graphics card (WebGPU)' }),
    ]
    await card.getByText('not tested yet').waitFor()
    await expect(processor.innerText()).resolves.toContain('in use')

    await page.getByRole('button', { name: 'Test and measure' }).click()
    await page.getByText('Graphics card (WebGPU): testing its numbers').waitFor()
    await takePicture(page, 'computer-measuring')
    await card.getByText('computes rightly').waitFor({ timeout: 120_000 })

    await page.getByLabel('Graphics card (WebGPU)', { exact: true }).last().check()
    await card.getByText('in use').waitFor()
    await expect(processor.innerText()).resolves.not.toContain('in use')
    await takePicture(page, 'computer-chosen')
    expect(await findViolations(page)).toEqual([])

    await page.getByLabel('The fastest that was measured').check()
    await processor.getByText('in use').waitFor()
  }, 180_000)
})
