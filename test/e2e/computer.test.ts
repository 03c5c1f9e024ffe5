/** Measures the devices of this machine on their screen, with SwiftShader as the graphics card where it can be. */
import { beforeAll, describe, expect, test } from 'vitest'
import { findSwiftShader } from '../swiftshader.ts'
import { describeInBrowser, lookAt } from './in-browser.ts'
import { takePicture, type TestPage } from './page.ts'

const vulkan = await findSwiftShader()
if (vulkan.env === null) console.warn(`skipped: measuring on the screen: ${vulkan.reason}`)

describe.skipIf(vulkan.env === null)('this computer', () => {
  // The engines that the app starts inherit it.
  beforeAll(() => void Object.assign(process.env, vulkan.env))

  describeInBrowser('on its screen', {}, ({ open }) => {
    let opened: TestPage | null = null

    test('a device is tested, measured and chosen; it is said which is in use', async () => {
      opened = await open()
      const { page } = opened
      await page.getByRole('link', { name: 'This computer' }).click()
      const [processor, card] = [
        page.getByRole('article', { name: 'Processor' }),
        page.getByRole('article', { name: 'Graphics card (WebGPU)' }),
      ]
      await card.getByText('not tested yet').waitFor()
      await expect(processor.innerText()).resolves.toContain('in use')

      await page.getByRole('button', { name: 'Test and measure' }).click()
      await page.getByText('Graphics card (WebGPU): testing its numbers').first().waitFor()
      await takePicture(page, 'computer-measuring')
      await card.getByText('computes rightly').waitFor({ timeout: 120_000 })

      await page.getByLabel('Graphics card (WebGPU)', { exact: true }).last().check()
      await card.getByText('in use').waitFor()
      await expect(processor.innerText()).resolves.not.toContain('in use')
      await lookAt(page, 'computer-chosen')

      await page.getByLabel('The fastest that was measured').check()
      await processor.getByText('in use').waitFor()
    }, 180_000)
  })
})
