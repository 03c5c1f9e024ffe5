/** The Assistants screen in a real browser: versions, notes, going back to an earlier version, deleting with undo. */
import { expect, test } from 'vitest'
import { openStorage } from '../../src-main/app/storage/storage.ts'
import type { Adapter } from '../../src-main/contract/entities.ts'
import { conversation } from '../app/storage/filled-folder.ts'
import { findViolations } from './axe.ts'
import { describeInBrowser } from './in-browser.ts'
import { takePicture } from './page.ts'

const made = { file: Buffer.from('vectors'), fileHash: 'f', modelName: 'Small', chatTemplateHash: null }

function adapter(id: string, name: string, changes: Partial<Adapter>): Adapter {
  return {
    id,
    name,
    modelId: 'small',
    modelHash: 'h',
    rank: 64,
    targets: ['q_proj', 'v_proj'],
    projectionKey: 0,
    parameterCount: 228_480,
    sizeBytes: 7,
    runId: null,
    origin: 'trained',
    parents: [],
    notes: '',
    lossBefore: 4.4,
    lossAfter: 0.15,
    createdAt: Date.now(),
    ...changes,
  }
}

async function prepare(directory: string): Promise<void> {
  const storage = openStorage(directory)
  const first = { id: 'pim', name: 'Pim', weight: null }
  storage.adapters.insert(adapter('pim', 'Pim', { createdAt: 1, notes: 'The first one.' }), made)
  storage.adapters.insert(
    adapter('pim2', 'Pim 2', { createdAt: 2, origin: 'forgot', parents: [first], lossAfter: 0.3 }),
    made,
  )
  storage.adapters.insert(
    adapter('pim3', 'Pim 3', {
      createdAt: 3,
      origin: 'continued',
      parents: [{ id: 'pim2', name: 'Pim 2', weight: null }],
    }),
    made,
  )
  storage.adapters.insert(adapter('tom', 'Tom', { createdAt: 4, origin: 'imported', lossBefore: null }), made)
  storage.conversations.insert(conversation('c1', { title: 'Dogs', adapterId: 'pim3' }))
  storage.conversations.insert(conversation('c2', { title: 'Cats', adapterId: 'pim3' }))
  storage.conversations.insert(conversation('c3', { title: 'Trains', adapterId: 'tom' }))
  storage.close()
}

describeInBrowser('the assistants in a browser', { prepare }, ({ open }) => {
  test('shows versions with how they were made, goes back to an earlier one, keeps notes', async () => {
    const { page, problems } = await open()
    await page.getByRole('link', { name: 'Assistants' }).click()
    const card = (name: string) => page.getByRole('article', { name, exact: true })
    await card('Pim 2').getByText('Pim without some of its examples.').waitFor()
    await card('Pim 3').getByText('Trained on from Pim 2. · answers in 2 conversations').waitFor()
    const names = await page.getByRole('article').evaluateAll((cards) => cards.map((one) => one.ariaLabel))
    expect(names).toEqual(['Tom', 'Pim', 'Pim 2', 'Pim 3'])

    const back = card('Pim').getByRole('button', { name: 'Use it in 2 conversations of the other versions' })
    await back.click()
    await card('Pim').getByText('answers in 2 conversations').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await card('Pim 3').getByText('answers in 2 conversations').waitFor()
    await back.waitFor()

    await card('Tom').getByRole('button', { name: 'Add a note' }).press('Enter')
    await page.keyboard.type('From a friend.')
    await page.keyboard.press('Tab')
    await page.reload()
    await expect(card('Tom').getByLabel('Notes on “Tom”').inputValue()).resolves.toBe('From a friend.')

    await card('Pim 2').getByRole('button', { name: 'Delete “Pim 2”' }).click()
    await card('Pim 3').getByText('Trained on from “Pim 2” (deleted).').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await card('Pim 3').getByText('Trained on from Pim 2.').waitFor()

    await page.getByRole('button', { name: 'Blend' }).click()
    const panel = page.getByRole('dialog', { name: 'Blend two assistants' })
    await expect(panel.getByLabel('Name of the assistant').inputValue()).resolves.toMatch(/ \+ /)
    await panel.getByLabel('Second').selectOption('Pim 3')
    await panel.getByLabel('First').selectOption('Pim 3')
    // The button says why it does nothing.
    await expect(panel.getByRole('button', { name: 'Make the blend' }).getAttribute('title')).resolves.toBe(
      'Two different assistants of one model are needed.',
    )
    expect(await findViolations(page)).toEqual([])
    await takePicture(page, 'assistants-blend')
    await page.keyboard.press('Escape')

    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const [width, height] of [
        [900, 600],
        [1280, 800],
      ] as const) {
        await page.setViewportSize({ width, height })
        await takePicture(page, `assistants-versions-${width}-${colorScheme}`)
        expect(await findViolations(page)).toEqual([])
      }
    }
    expect(problems).toEqual([])
  })
})
