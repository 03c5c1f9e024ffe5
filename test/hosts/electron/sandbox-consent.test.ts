/** What the packed app does where it was started without Chromium's sandbox. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { sandboxedOrAgreed } from '../../../src-main/hosts/electron/sandbox-consent.ts'
import { desktop } from './electron-stand-in.ts'

const folder = mkdtempSync(join(tmpdir(), 'veranda-sandbox-'))
const agreement = join(folder, 'agreed')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  desktop.isPackaged = true
  desktop.switches.add('no-sandbox')
  desktop.languages = ['en-US']
  desktop.pressed = { response: 0, checkboxChecked: false }
  desktop.dialogs.length = 0
})

test('with the sandbox nobody is asked; nor from source', async () => {
  desktop.switches.clear()
  expect(await sandboxedOrAgreed(agreement)).toBe(true)
  desktop.switches.add('no-sandbox')
  desktop.isPackaged = false
  expect(await sandboxedOrAgreed(agreement)).toBe(true)
  expect(desktop.dialogs).toEqual([])
})

test('without it the person is told what to do, in the system’s language, and asked; closing the question quits', async () => {
  desktop.pressed = { response: 0, checkboxChecked: true }
  expect(await sandboxedOrAgreed(agreement)).toBe(false)
  expect(existsSync(agreement)).toBe(false)
  desktop.languages = ['fr-FR', 'de-AT']
  expect(await sandboxedOrAgreed(agreement)).toBe(false)
  expect(desktop.dialogs).toMatchObject([
    { detail: expect.stringContaining('Install Veranda from the deb package'), defaultId: 0, cancelId: 0 },
    { detail: expect.stringContaining('Installiere Veranda aus dem deb-Paket'), defaultId: 0, cancelId: 0 },
  ])
})

test('who agrees is asked again at the next start, until they say not to be', async () => {
  desktop.pressed = { response: 1, checkboxChecked: false }
  expect(await sandboxedOrAgreed(agreement)).toBe(true)
  desktop.pressed = { response: 1, checkboxChecked: true }
  expect(await sandboxedOrAgreed(agreement)).toBe(true)
  expect(desktop.dialogs).toHaveLength(2)
  desktop.pressed = { response: 0, checkboxChecked: false }
  expect(await sandboxedOrAgreed(agreement)).toBe(true)
  expect(desktop.dialogs).toHaveLength(2)
})

test('the app ends before it opens anything where the person quits', async () => {
  const data = join(folder, 'data')
  process.argv.push('--data-dir', data)
  await import('../../../src-main/hosts/electron/main.ts')
  await vi.waitFor(() => expect(desktop.exitCode).toBe(0))
  expect(desktop.windows).toEqual([])
  expect(readdirSync(data)).toEqual(['electron'])
})
