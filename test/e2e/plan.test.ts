/** A run before it starts: what is measured says that it will not fit, and what to do. */
import { expect, test } from 'vitest'
import { toSentence } from '../../src-main/contract/sentence.ts'
import { defaultTrainingSettings } from '../../src-main/app/personalize/default-settings.ts'
import { openStorage } from '../../src-main/app/storage/storage.ts'
import type { Model } from '../../src-main/contract/entities.ts'
import type { Estimate } from '../../src-main/contract/estimate.ts'
import type { Handlers } from '../../src-main/contract/procedures.ts'
import { putExample } from '../app/storage/filled-folder.ts'
import { describeInBrowser } from './in-browser.ts'

const model: Model = {
  id: 'small',
  name: 'Small',
  architecture: 'llama',
  parameterCount: 1,
  quantization: toSentence('F32'),
  contextLength: 2048,
  sizeBytes: 1,
  sourceHash: '',
  createdAt: 0,
}

const tooLarge: Estimate = {
  steps: 12,
  tokens: 9000,
  trainableParameters: 100,
  measuredSteps: 0,
  tokensPerSecond: 0,
  trainingMs: 0,
  otherMs: 0,
  peakMemoryBytes: 8e9,
  availableMemoryBytes: 2e9,
  longestTokens: 900,
  passTokens: 300,
  fits: 'no',
  exampleCount: 2,
  heldOutCount: 0,
  besideRun: false,
}

const replace: Partial<Handlers> = {
  async *'models.list'() {
    return [model]
  },
  async *'personalize.defaults'() {
    return defaultTrainingSettings
  },
  async *'personalize.estimate'() {
    yield { share: 0.5 }
    return tooLarge
  },
}

async function prepare(directory: string): Promise<void> {
  const storage = openStorage(directory)
  for (const id of ['e1', 'e2']) putExample(storage, id, `Question ${id}`)
  storage.close()
}

describeInBrowser('a run before it starts', { prepare, replace }, ({ open }) => {
  test('will not fit: said, with what to do, and the start is held back', async () => {
    const { page, problems } = await open({ reducedMotion: 'reduce' })
    await page.getByRole('link', { name: 'Personalize' }).click()
    await page.getByLabel('Name of the assistant').fill('Pim')
    await page.locator('form button[type=submit]').click()
    // In a live region, so that a screen reader tells it.
    const told = page.getByRole('status').filter({ hasText: 'It will not fit.' })
    await told.waitFor()
    expect(await told.innerText()).toContain(
      'It would need 8.0 GB of the 2.0 GB that this machine has for it.',
    )
    expect(await told.innerText()).toContain('Leave out examples with more than 300 tokens')
    const start = page.locator('form button[type=submit]')
    expect(await start.getAttribute('title')).toBe('It will not fit the memory.')

    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { animationDuration, transitionDuration } = getComputedStyle(element)
          return [animationDuration, transitionDuration].some((times) => /[1-9]/.test(times))
        }).length,
    )
    expect(moving).toBe(0)
    expect(problems).toEqual([])
  })
})
