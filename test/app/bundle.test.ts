import { expect, test } from 'vitest'
import type { OperationInput } from '../../src-main/engine/contract.ts'
import { failureCode } from './failure-code.ts'
import { testApp, withModel, type TestApp } from './test-app.ts'

function asked(app: TestApp): OperationInput<'exportBundle'> {
  const call = app.engine.calls.findLast(({ operation }) => operation === 'exportBundle')
  return call?.input as OperationInput<'exportBundle'>
}

test('a bundle holds the approved examples, the script, and the settings that were asked for', async () => {
  const app = await testApp()
  await withModel(app)
  const request = { modelId: null, settings: { rank: 32 }, includesModel: true, path: '/x/bundle' } as const
  expect(await failureCode(() => app.call('bundle.export', request))).toBe('no-examples')
  const messages = [
    { role: 'user', content: 'Who are you?' },
    { role: 'assistant', content: 'Pim.' },
  ] as const
  const first = await app.call('examples.add', { messages: [...messages] })
  const second = await app.call('examples.add', { messages: [...messages] })
  await app.call('examples.change', { ids: [second.id], change: { kind: 'status', status: 'skipped' } })
  expect(first.status).toBe('approved')
  const result = await app.call('bundle.export', { ...request, preset: 'quick' })
  expect(result).toEqual({ path: '/x/bundle', sizeBytes: 1000, examples: 1 })
  const { files, settings, includesModel } = asked(app)
  expect(files['dataset.jsonl']).toBe(`${JSON.stringify({ messages })}\n`)
  expect(files['train.py']).toContain('accelerate launch train.py')
  expect(files['README.md']).toContain('# Train elsewhere')
  expect(settings).toMatchObject({ rank: 32, epochs: 10, method: 'vera' })
  expect(includesModel).toBe(true)
})

test('a name alone goes to the folder for downloads', async () => {
  const app = await testApp({ exportDirectory: '/downloads' })
  await withModel(app)
  await app.call('examples.add', {
    messages: [
      { role: 'user', content: 'Who?' },
      { role: 'assistant', content: 'Pim.' },
    ],
  })
  const request = { modelId: null, settings: {}, includesModel: false, path: 'mine' }
  expect((await app.call('bundle.export', request)).path).toBe('/downloads/mine')
})
