/** The first run from an empty data folder, without a network: a file of one's own, and the first answer. */
import { expect, test } from 'vitest'
import { Failure } from '../../src-main/contract/failure.ts'
import { sentence } from '../../src-main/contract/sentence.ts'
import { describeWithModel } from '../model.ts'
import { describeInBrowser, lookAt } from './in-browser.ts'
import { takePicture } from './page.ts'

const host = 'models.example'

describeWithModel('the first run', ({ file }) => {
  const offline = {
    async *'models.pull'(): AsyncGenerator<never, never> {
      throw new Failure(
        'download-failed',
        sentence`“${'SmolLM2'}” can't be downloaded: ${[sentence`${host} can't be reached`]}. Check the internet connection and try again (what has come so far is kept), or import the file ${'model.gguf'} from a disk.`,
      )
    },
  }
  describeInBrowser('from nothing to an answer, in a browser', { replace: offline }, ({ open }) => {
    test('says what to do, in the language of the screens', { timeout: 60_000 }, async () => {
      const { page } = await open({ locale: 'de-DE' })
      await page.getByRole('heading', { name: 'Willkommen bei Veranda' }).waitFor()
      await page
        .getByRole('button', { name: /herunterladen$/ })
        .first()
        .click()
      await page
        .getByRole('alert')
        .getByText(`„SmolLM2“ kann nicht heruntergeladen werden: ${host} ist nicht zu erreichen.`)
        .waitFor()
      await lookAt(page, 'first-run-offline-de')
    })

    test('goes on with a file', { timeout: 300_000 }, async () => {
      const { page, problems } = await open({ viewport: { width: 900, height: 600 } })
      await page.getByRole('heading', { name: 'Welcome to Veranda' }).waitFor()
      await lookAt(page, 'first-run')
      await page
        .getByRole('button', { name: /^Download/ })
        .first()
        .click()
      const alert = page.getByRole('alert')
      await alert.getByText(`${host} can't be reached`).waitFor()

      const path = page.getByLabel('Path of the file or folder')
      const importIt = page.getByRole('button', { name: 'Import', exact: true })
      await path.fill('/no/such/model.gguf')
      await importIt.click()
      await page.getByText('There is no file or folder /no/such/model.gguf.').waitFor()
      // The keyboard is enough.
      await path.fill(file)
      await path.press('Enter')
      // Told for a while, as on a quick disk it is soon over.
      await page
        .getByRole('status')
        .getByText(/^Progress of /)
        .first()
        .waitFor({ state: 'attached' })
      await takePicture(page, 'first-run-importing')

      const message = page.getByLabel('Your message')
      await message.waitFor({ timeout: 240_000 })
      await lookAt(page, 'first-run-chat')
      await message.fill('Say hello in one short sentence.')
      await page.keyboard.press('Enter')
      const answer = page.getByRole('article', { name: /^Answer of/ })
      await answer.getByRole('button', { name: 'Copy the answer' }).waitFor({ timeout: 120_000 })
      expect((await answer.innerText()).length).toBeGreaterThan(2)
      await lookAt(page, 'first-run-answer')
      expect(problems).toEqual([])
    })
  })
})
