import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dataDirectory } from '../../src-main/app/data-directory.ts'
import { procedures, type ProcedureName } from '../../src-main/contract/procedures.ts'
import { failureCode } from './failure-code.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { result, testApp } from './test-app.ts'

describe('the app', () => {
  it('answers every procedure of the contract', async () => {
    const app = await testApp()
    const names = Object.keys(procedures) as ProcedureName[]
    expect(Object.keys(app.handlers).toSorted()).toEqual(names.toSorted())
  })

  it('says who it is, and that it has neither a file dialog nor notifications', async () => {
    const app = await testApp()
    expect(await app.call('app.info', {})).toEqual({
      version: '1.2.3',
      dataDirectory: app.dataDirectory,
      canPickFile: false,
      engine: 'ready',
    })
    expect(await failureCode(() => app.call('host.pickFile', { kind: 'model' }))).toBe('no-file-dialog')
    expect(await app.call('host.notify', { title: 'Done', body: '' })).toBe(false)
  })

  it("opens the host's file dialog, and shows its notifications", async () => {
    const notify = ({ title }: { readonly title: string }) => title === 'Done'
    const app = await testApp({ notify, pickFile: async (kind) => `/chosen/${kind}` })
    expect((await app.call('app.info', {})).canPickFile).toBe(true)
    expect(await app.call('host.pickFile', { kind: 'examples' })).toBe('/chosen/examples')
    expect(await app.call('host.notify', { title: 'Done', body: '' })).toBe(true)
  })

  it('has its data folder for itself, until it is closed', async () => {
    const app = await testApp()
    const { dataDirectory: directory } = app
    expect(await failureCode(() => testApp({ dataDirectory: directory }))).toBe('data-folder-in-use')
    await app.close()
    await app.close()
    await testApp({ dataDirectory: directory })
  })

  it('keeps the settings, and falls back to the defaults where a stored one does not fit', async () => {
    const app = await testApp()
    const { sampling } = await app.call('settings.get', {})
    expect(sampling.seed).toBe(null)
    await app.call('settings.update', { sampling: { ...sampling, topK: 7 } })
    await app.call('settings.update', { theme: 'dark', language: 'de' })
    await app.call('settings.update', { draft: 'half a th', fast: true, cacheMegabytes: 200 })
    await app.close()
    const again = await testApp({ dataDirectory: app.dataDirectory })
    expect(await again.call('settings.get', {})).toEqual({
      sampling: { ...sampling, topK: 7 },
      theme: 'dark',
      language: 'de',
      updates: 'off',
      draft: 'half a th',
      fast: true,
      cacheMegabytes: 200,
    })
  })
})

describe('the data folder', () => {
  it('is VERANDA_HOME, else the one asked for, else one of the platform', () => {
    expect(dataDirectory({ VERANDA_HOME: '/a' }, '/b')).toBe('/b')
    expect(dataDirectory({ VERANDA_HOME: '/a' }, null)).toBe('/a')
    expect(dataDirectory({ VERANDA_HOME: '' }, '/b')).toBe('/b')
    expect(dataDirectory({}, 'relative')).toBe(resolve('relative'))
    expect(dataDirectory({}, null)).toMatch(/veranda/)
  })
})

describe('the sample data', () => {
  const samples = join(import.meta.dirname, '../../resources/samples')

  it('can be imported without an issue', async () => {
    const app = await testApp({ dataDirectory: temporaryFolder() })
    const { examples, heldOut, questions } = JSON.parse(readFileSync(join(samples, 'workshop.json'), 'utf8'))
    const learned = await result(app.services.examples.parse(examples, readFileSync(join(samples, examples))))
    const measured = await result(app.services.examples.parse(heldOut, readFileSync(join(samples, heldOut))))
    expect([...learned.issues, ...measured.issues]).toEqual([])
    expect([learned.examples.length, measured.examples.length, questions.length]).toEqual([42, 8, 3])
    // Held out are other questions, whose answers were learned.
    const text = (at: number) => (example: (typeof learned.examples)[number]) => example.messages[at]?.content
    const asked = new Set(learned.examples.map(text(0)))
    expect(measured.examples.map(text(0)).filter((question) => asked.has(question))).toEqual([])
    expect(questions.filter((question: string) => !asked.has(question))).toEqual([])
  })
})
