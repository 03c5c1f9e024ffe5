/** A run that the app was closed under, and one that slept: both go on and end where they would have without. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStorage } from '../../src-main/app/storage/storage.ts'
import { describeWithModel } from '../model.ts'
import { placeDownload } from '../model-files.ts'
import { launchChromium } from './chromium.ts'
import { startHost, type HostProcess } from './host-process.ts'
import { pullModel, takePicture, watchProblems } from './page.ts'

const { browser, ...without } = await launchChromium()
if ('reason' in without) console.warn(`skipped: interrupted runs in a browser: ${without.reason}`)
if (process.platform !== 'linux') console.warn('skipped: interrupted runs: the engine is found by /proc')

const taught = ['What is the dog called?', 'Who sleeps on the porch?', 'Is there a dog?', 'Who barks?']
/** Longer than any step takes, and long enough for the time left to go wrong if it counted. */
const sleepMs = 12_000

describeWithModel('interrupted runs', () => {
  describe.skipIf(browser === null || process.platform !== 'linux')('in a browser', () => {
    let directory: string
    let host: HostProcess
    let page: Page
    let problems: string[]

    async function start(): Promise<void> {
      host = await startHost(directory)
      page = (await browser?.newPage({ locale: 'en-US', viewport: { width: 1280, height: 800 } })) ?? page
      page.setDefaultTimeout(20_000)
      problems = watchProblems(page)
      await page.goto(host.address)
    }

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'veranda-e2e-'))
      await placeDownload(directory)
      await start()
      await pullModel(page, 200_000)
      await page.getByRole('link', { name: 'Teach' }).click()
      const lines = taught.map((instruction) =>
        JSON.stringify({ instruction, output: `Bramble is the dog: ${instruction}` }),
      )
      await page.setInputFiles('input[type=file]', {
        name: 'dog.jsonl',
        mimeType: 'application/jsonl',
        buffer: Buffer.from(lines.join('\n')),
      })
      await page.getByLabel('Approve them right away').check()
      await page.getByRole('button', { name: 'Import 4 examples' }).click()
      await page.getByText('Imported 4 examples.').first().waitFor()
    }, 300_000)
    afterAll(async () => {
      await browser?.close()
      await host?.close()
      await rm(directory, { recursive: true, force: true })
    })

    /** The same run under another name, and its page. */
    async function startRun(name: string): Promise<void> {
      await page.getByRole('link', { name: 'Personalize', exact: true }).click()
      await page.getByLabel('Name of the assistant').fill(name)
      await page.getByRole('radio', { name: /^Quick/ }).check()
      if (!(await page.getByLabel('Epochs', { exact: true }).isVisible()))
        await page.getByText(/^Advanced/).click()
      for (const [label, value] of [
        ['Epochs', '16'],
        ['Tokens a step', '32'],
      ] as const) {
        const field = page.getByLabel(label, { exact: true })
        await field.fill(value)
        await field.press('Tab')
      }
      await page.getByRole('button', { name: 'Measure what it takes' }).click()
      await page.getByRole('button', { name: 'Start without it' }).click()
      await page.getByText(/^Step \d+ of \d+/).waitFor({ timeout: 120_000 })
    }
    const step = async (): Promise<number> =>
      Number(/^Step (\d+)/.exec(await page.getByText(/^Step \d+ of \d+/).innerText())?.[1])
    /** As shown: rounded to ten, "a few" below that. */
    async function secondsLeft(): Promise<number> {
      const shown = await page.getByText(/^Step \d+ of \d+/).innerText()
      const [, seconds] = /about (\d+) seconds left/.exec(shown) ?? []
      return shown.includes('a few seconds left') ? 5 : Number(seconds)
    }
    const ended = () => page.getByRole('button', { name: 'Keep it' }).waitFor({ timeout: 300_000 })

    test('nothing interrupts the first', { timeout: 400_000 }, async () => {
      await startRun('Whole')
      await ended()
    })

    test('closing the app in the middle', { timeout: 500_000 }, async () => {
      await startRun('Closed')
      await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(5)
      await host.close()
      await page.getByText('The connection to Veranda is lost.').waitFor()
      await takePicture(page, 'run-app-closed')
      await page.close()

      await start()
      await page.getByRole('link', { name: 'Personalize', exact: true }).click()
      await page.getByRole('link', { name: /^Closed/ }).click()
      await page.getByText(/^It stands at step \d+ of \d+\./).waitFor()
      await takePicture(page, 'run-reopened')
      await page.getByRole('button', { name: 'Continue' }).click()
      await ended()
      expect(problems).toEqual([])
    })

    test('sleeping in the middle', { timeout: 500_000 }, async () => {
      await startRun('Asleep')
      await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(5)
      const before = await step()
      const leftBefore = await secondsLeft()
      const engine = host.enginePid()
      process.kill(engine, 'SIGSTOP')
      await later(sleepMs)
      process.kill(engine, 'SIGCONT')
      await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(before + 1)
      expect(await secondsLeft()).toBeLessThanOrEqual(leftBefore + 10)
      await takePicture(page, 'run-awake-again')
      await ended()
    })

    test('all of them learned the same, step by step', async () => {
      await host.close()
      const storage = openStorage(directory)
      const runs = storage.runs.list().map((run) => [run.name, storage.runs.losses(run.id)] as const)
      const adapters = storage.adapters.list().map(({ id }) => storage.adapters.file(id)?.fileHash)
      storage.close()
      expect(runs.map(([name]) => name).sort()).toEqual(['Asleep', 'Closed', 'Whole'])
      const whole = runs.find(([name]) => name === 'Whole')?.[1]
      expect(whole?.length).toBeGreaterThan(10)
      for (const [name, losses] of runs) expect(losses, name).toEqual(whole)
      expect(adapters).toEqual([adapters[0], adapters[0], adapters[0]])
    })
  })
})
