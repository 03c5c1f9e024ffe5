/** Every screen in German with something in it: long words fit, and stored failures are said in German too. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { failureMessage } from '../../src-main/contract/failure.ts'
import { sentence } from '../../src-main/contract/sentence.ts'
import { fingerprintOf, readGraphicsCards } from '../../src-main/app/devices/graphics.ts'
import { libraryVersion } from '../../src-main/engine/onnx-runtime.ts'
import type { Storage } from '../../src-main/app/storage/storage.ts'
import { conversation, putAdapter, putExample, say } from '../app/storage/filled-folder.ts'
import { queuedRun } from '../queued-run.ts'
import { describeInBrowser, lookAt } from './in-browser.ts'
import { prepareSmallModel } from './small-model.ts'

const long = 'Rechtsschutzversicherungsgesellschaften und ihre Donaudampfschifffahrtskapitäne'
const dataset = { training: [], heldOut: [], replay: [], probes: [] }

const noticed = sentence`Memory ran out in step ${3}: from there on ${sentence`at most ${512} tokens are worked on at once instead of ${1024}`}, which takes longer and learns the same.`

const stopped = { seed: 0, step: 12, heldOutLoss: 1.2, stoppedEarly: true }

/** What an earlier start found out about the devices: one reason as it is kept now, one from before sentences. */
async function putDeviceRecords({ settings }: Storage): Promise<void> {
  const fingerprint = fingerprintOf(await readGraphicsCards(), libraryVersion)
  const reason = sentence`Its ${'logits'} in a small test are ${0.5} away from the processor's.`
  settings.put('devices', {
    fingerprint,
    records: {
      cpu: { works: true, reason: 'The native runtime is not built.', measure: null },
      webgpu: { works: false, reason, measure: null, halvesReason: sentence`It is slower in 16 bits.` },
    },
  })
}

async function fill(storage: Storage): Promise<void> {
  await putDeviceRecords(storage)
  storage.conversations.insert(conversation('c1', { title: long, pinned: true }))
  say(storage, 'c1', `Was ist mit ${long}?`, 'm1')
  storage.conversations.setLeaf('c1', 'm1')
  for (const id of ['e1', 'e2', 'e3']) putExample(storage, id, `${long} ${id}`)
  putAdapter(storage, 'a1', long)
  putAdapter(storage, 'a2', 'Pim')
  const made = { modelName: 'Small', modelHash: 'h' }
  const failures = {
    now: failureMessage(
      'out-of-memory',
      sentence`There is not enough memory for this run, not even for one example of ${4096} tokens at a time. Close other programs, leave out the longest examples, adapt fewer layers, or choose a smaller model.`,
    ),
    earlier: failureMessage('run-failed', 'This run is not there.'),
  }
  for (const [id, failure] of Object.entries(failures)) {
    const run = { ...queuedRun, id, name: `Lauf ${id}`, step: 12, steps: 40 }
    storage.runs.insert(run, made, dataset)
    const report = { notices: [noticed], keptStep: null, seedResults: [stopped], preference: null }
    storage.runs.update({ ...run, status: 'failed', failure, report, finishedAt: 2 })
  }
}

const prepare = (directory: string): Promise<void> => prepareSmallModel(directory, fill)

/** What empty fields say that doesn't fit into them. */
async function findCutPlaceholders(page: Page): Promise<string[]> {
  return await page.locator('input[placeholder]').evaluateAll((fields) =>
    fields.flatMap((field) => {
      if (!(field instanceof HTMLInputElement)) return []
      const { font, paddingLeft, paddingRight } = getComputedStyle(field)
      const context = document.createElement('canvas').getContext('2d')
      if (context === null) return []
      context.font = font
      const room = field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)
      return context.measureText(field.placeholder).width > room ? [field.placeholder] : []
    }),
  )
}

describeInBrowser('filled screens', { prepare }, ({ open }) => {
  test('fit in German, and say in German why a run failed', { timeout: 120_000 }, async () => {
    const { page, problems } = await open({ locale: 'de-DE' })
    const go = (name: string) => page.getByRole('link', { name, exact: true }).click()
    for (const [name, heading] of [
      ['Lehren', 'Lehren'],
      ['Personalisieren', 'Personalisieren'],
      ['Assistenten', 'Assistenten'],
      ['Modelle', 'Modelle'],
      ['Dieser Computer', 'Dieser Computer'],
      ['Einstellungen', 'Einstellungen'],
    ] as const) {
      await go(name)
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
      if (name === 'Dieser Computer')
        await page.getByRole('heading', { name: 'Geräte', exact: true }).waitFor()
      await lookAt(page, `filled-${name}`)
    }
    await go('Chat')
    await page.getByRole('link', { name: new RegExp(long) }).click()
    await page.getByText(`Was ist mit ${long}?`).waitFor()
    await lookAt(page, 'filled-Chat')
    await page.setViewportSize({ width: 900, height: 600 })
    expect(await findCutPlaceholders(page)).toEqual([])
    await page.setViewportSize({ width: 1280, height: 800 })
    await go('Dieser Computer')
    for (const reason of [
      'Die native Laufzeit ist nicht gebaut.',
      'In einer kleinen Probe weicht es („logits“) um 0,5 vom Prozessor ab.',
      'Mit 16: Das ist langsamer.',
    ])
      await page.getByText(reason).waitFor()
    await go('Personalisieren')
    await page.getByRole('link', { name: /^Lauf now/ }).click()
    await page
      .getByText(
        'Der Speicher reicht für diesen Lauf nicht, nicht einmal für ein einzelnes Beispiel von 4096 Token.',
      )
      .waitFor()
    await page.getByText('Von da an werden höchstens 512 statt 1024 Token auf einmal bearbeitet').waitFor()
    await page.getByText('Er hörte vorzeitig auf, nach Schritt 12').waitFor()
    await lookAt(page, 'filled-run')
    await page.getByRole('link', { name: 'Alle Läufe' }).click()
    await page.getByRole('link', { name: /^Lauf earlier/ }).click()
    await page.getByText('Diesen Lauf gibt es nicht.').waitFor()
    expect(problems).toEqual([])
  })
})
