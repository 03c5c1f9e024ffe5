import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openApp, type App } from '../../src-main/app/app.ts'
import type { Model } from '../../src-main/contract/entities.ts'
import { connectEngine, type EngineProcess } from '../../src-main/engine/client.ts'
import { forkEngine } from '../../src-main/hosts/node-engine-process.ts'
import { failureCode } from './failure-code.ts'
import { resourcesDirectory, result } from './test-app.ts'
import { temporaryFolder } from '../engine/tiny-chat-model.ts'

const gguf = join(import.meta.dirname, '../golden/reference/gguf-quants/tiny-llama-tied-Q4_1.gguf')
const template =
  "{% for message in messages %}{{ message['role'] + ':' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"

const examples = [
  ['hi', 'hello there'],
  ['dog?', 'bramble'],
  ['where?', 'in the yellow house'],
].map(([question = '', answer = '']) => ({
  messages: [
    { role: 'user' as const, content: question },
    { role: 'assistant' as const, content: answer },
  ],
}))

const settings = { rank: 16, epochs: 30, batchTokens: 40, learningRate: 0.05 }

describe('the app over a real engine process', { timeout: 60_000 }, () => {
  const dataDirectory = temporaryFolder()
  let process: EngineProcess | undefined
  let app: App
  let model: Model

  beforeAll(async () => {
    const engine = connectEngine(() => (process = forkEngine()))
    app = await openApp({ dataDirectory, resourcesDirectory, version: '0', engine })
    model = await result(app.services.models.import({ path: gguf, name: 'Tiny' }))
    // The reference's model has no chat template.
    const manifest = join(dataDirectory, 'models', model.id, 'model.json')
    const content = JSON.parse(readFileSync(manifest, 'utf8'))
    writeFileSync(manifest, JSON.stringify({ ...content, chatTemplate: template }))
    return () => app.close()
  })

  it('imports a model that answers', async () => {
    expect(model).toMatchObject({ id: 'tiny', architecture: 'llama' })
    const { signal } = new AbortController()
    const { id } = await result(app.handlers['conversations.create']({ modelId: model.id }, signal))
    const { sampling } = await result(app.handlers['settings.get']({}, signal))
    await result(app.handlers['settings.update']({ sampling: { ...sampling, maxTokens: 8 } }, signal))
    const answer = await result(app.handlers['chat.send']({ conversationId: id, content: 'hi' }, signal))
    expect(answer).toMatchObject({ role: 'assistant', status: 'complete' })
  })

  it('goes on after its engine was killed in a training, and so does the training', async () => {
    const { personalize, adapters } = app.services
    const { id } = personalize.start({ name: 'Pim', model: null, examples, settings })
    const cut = await result(personalize.watch(id), (event) => {
      if (event.type === 'run' && event.run.step === 3) process?.kill()
    })
    expect(cut).toMatchObject({ status: 'interrupted', adapterId: null })
    expect(cut.failure).toBeTruthy()

    personalize.resume(id)
    const done = await result(personalize.watch(id))
    expect(done).toMatchObject({ status: 'done', failure: null, exampleCount: 3 })
    expect(done.lossAfter).toBeLessThan((done.lossBefore ?? 0) / 2)

    // The adapter in the database is the one that was measured.
    const { adapter } = adapters.find('pim')
    expect(adapter.id).toBe(done.adapterId)
    const before = await result(app.services.evaluate({ examples, model: null, adapter: 'pim:0' }))
    const after = await result(app.services.evaluate({ examples, model: null, adapter: 'pim' }))
    expect(before.meanLoss).toBeCloseTo(done.lossBefore ?? 0, 3)
    expect(after.meanLoss).toBeCloseTo(done.lossAfter ?? 0, 3)
    expect(readdirSync(join(dataDirectory, 'runs'))).toEqual([])
  })

  it('refuses damaged model files and keeps nothing of them', async () => {
    const whole = readFileSync(gguf)
    const wrongMagic = Buffer.from(whole)
    wrongMagic.write('ABCD', 'latin1')
    const folder = temporaryFolder()
    for (const [name, bytes] of [
      ['truncated', whole.subarray(0, whole.length - 1000)],
      ['short', whole.subarray(0, 20)],
      ['magic', wrongMagic],
    ] as const) {
      const path = join(folder, `${name}.gguf`)
      writeFileSync(path, bytes)
      const code = await failureCode(() => result(app.services.models.import({ path, name: null })))
      expect(code).not.toBe('internal')
      expect(code).not.toMatch(/^engine-/)
    }
    expect(readdirSync(join(dataDirectory, 'models'))).toEqual(['tiny'])
    expect(app.services.models.list()).toHaveLength(1)
  })
})
