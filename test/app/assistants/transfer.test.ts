import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AdapterOrigin } from '../../../src-main/engine/contract.ts'
import { engineStandIn } from '../engine-stand-in.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { testApp, type TestApp, withModel } from '../test-app.ts'

const path = { kind: 'path' as const, path: '/from/a/friend.veranda-adapter' }

async function openedApp(origin: Partial<AdapterOrigin> = {}): Promise<TestApp> {
  const engine = engineStandIn()
  const { inspectAdapter } = engine.operations
  engine.operations.inspectAdapter = async function* (input, signal) {
    return { ...(yield* inspectAdapter(input, signal)), ...origin }
  }
  const app = await testApp({ engine, exportDirectory: temporaryFolder() })
  await withModel(app)
  return app
}

const asked = (app: TestApp, operation: string) =>
  app.engine.calls.findLast((call) => call.operation === operation)?.input

describe('importing', () => {
  it('adds what the engine made of a file, under a name that is free', async () => {
    const app = await openedApp()
    const input = { source: path, name: null, modelId: null }
    const adapter = await app.call('adapters.import', input)
    expect(adapter).toMatchObject({ name: 'Pim', modelId: 'tiny', rank: 4, projectionKey: 7, runId: null })
    expect(asked(app, 'importAdapter')).toMatchObject({ path: path.path })
    expect(await app.call('adapters.import', input)).toMatchObject({ name: 'Pim 2' })
    expect(await app.call('adapters.import', { ...input, name: 'Own' })).toMatchObject({ name: 'Own' })
    expect(app.services.adapters.list()).toHaveLength(3)
    expect(readdirSync(join(app.dataDirectory, 'cache', 'adapters'))).toEqual([])
  })

  it('takes the files that a page has', async () => {
    const app = await openedApp()
    let seen: readonly string[] = []
    const { inspectAdapter } = app.engine.operations
    app.engine.operations.inspectAdapter = (input, signal) => {
      seen = readdirSync(input.path)
      expect(readFileSync(join(input.path, 'a.json'), 'utf8')).toBe('{}')
      return inspectAdapter(input, signal)
    }
    const files = ['a.json', '../b.bin'].map((name) => ({ name, base64: btoa('{}') }))
    await app.call('adapters.import', { source: { kind: 'files', files }, name: 'F', modelId: 'tiny' })
    expect(seen).toEqual(['a.json', 'b.bin'])
    expect(existsSync(join(app.dataDirectory, 'cache', 'b.bin'))).toBe(false)
  })

  it.each([
    [
      'of another model',
      { baseModelHash: 'cd'.repeat(32), baseModelName: 'Big' },
      null,
      'adapter-needs-model',
    ],
    ['put on another model', { baseModelHash: 'cd'.repeat(32) }, 'tiny', 'adapter-wrong-model'],
  ])('refuses one %s', async (_name, origin, modelId, code) => {
    const app = await openedApp(origin)
    const importing = () => app.call('adapters.import', { source: path, name: null, modelId })
    expect(await failureCode(importing)).toBe(code)
    expect(app.services.adapters.list()).toEqual([])
  })

  it.each([
    ['someone/TINY', 1, 'tiny'],
    ['Tiny-Q4_K_M.gguf', 1, 'tiny'],
    [null, 1, 'tiny'],
    ['tiny-2', 1, null],
    ['tiny', 2, null],
    [null, 2, null],
  ])('for “%s” with %i models by the name Tiny', async (baseModelName, count, modelId) => {
    const app = await openedApp({ baseModelHash: null, baseModelName })
    if (count > 1) await withModel(app)
    const importing = app.call('adapters.import', { source: path, name: null, modelId: null })
    if (modelId === null) await expect(importing).rejects.toMatchObject({ code: 'adapter-model-unknown' })
    else expect(await importing).toMatchObject({ modelId })
  })
})

it('exports at a strength, into the folder for exports where only a name is given', async () => {
  const app = await openedApp()
  const { id } = await app.call('adapters.import', { source: path, name: null, modelId: null })
  const events: unknown[] = []
  const input = { id, strength: 0.5, format: 'gguf-lora' as const, path: 'pim.gguf' }
  const result = await app.call('adapters.export', input, (event) => events.push(event))
  expect(result).toMatchObject({ sizeBytes: 25, parity: { prompts: 5 } })
  expect(result.path).toMatch(/^\/.*pim\.gguf$/)
  expect(events).toEqual([{ phase: 'write', share: 1 }])
  expect(asked(app, 'exportAdapter')).toMatchObject({
    format: 'gguf-lora',
    name: 'Pim',
    adapter: { strength: 0.5 },
  })
})
