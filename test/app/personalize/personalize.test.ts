import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import type { ProcedureEvent } from '../../../src-main/contract/procedures.ts'
import type { ChatInput } from '../../../src-main/engine/contract.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { adapterBytes, engineStandIn, trained, trainStep } from '../engine-stand-in.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { result, testApp, withModel, type TestApp } from '../test-app.ts'
import { appWithExamples, endless, lastTrain, pair, pairs, start, watch } from './started-runs.ts'

describe('a run', () => {
  it('takes as many general questions along as were asked for, under the same system prompt', async () => {
    const { app } = await appWithExamples()
    const request = { name: 'Pim', model: null, examples: pairs(2), systemPrompt: 'Be Pim.' }
    const { id } = app.services.personalize.start({ ...request, settings: { replay: 2 } })
    await watch(app, id)
    const { replay } = lastTrain(app)
    expect(replay).toHaveLength(2)
    for (const messages of replay) {
      expect(messages).toMatchObject([{ role: 'system', content: 'Be Pim.' }, { role: 'user' }])
    }
    expect(replay[0]).not.toEqual(replay[1])
  })

  it('has the settings of its preset, and over them those that were asked for', async () => {
    const { app, modelId } = await appWithExamples()
    const quick = await app.call('personalize.defaults', { modelId, preset: 'quick' })
    const plain = await app.call('personalize.defaults', { modelId })
    expect(plain).toEqual(await app.call('personalize.defaults', { modelId, preset: 'balanced' }))
    expect(quick.layerShare).toBeLessThan(plain.layerShare)
    const request = { name: 'Pim', modelId, exampleIds: null, heldOutRatio: 0, preset: 'quick' as const }
    const { id, settings } = await app.call('personalize.start', { ...request, settings: { rank: 3 } })
    await watch(app, id)
    expect(settings).toEqual({ ...quick, rank: 3 })
    expect(lastTrain(app).settings).toEqual(settings)
  })

  it('trains on a copy of the examples, shows its losses and becomes an adapter', async () => {
    const { app, modelId } = await appWithExamples()
    const queued = await start(app, modelId)
    expect(queued).toMatchObject({ name: 'Pim', exampleCount: 4, heldOutCount: 0 })
    const events: ProcedureEvent<'runs.watch'>[] = []
    const run = await watch(app, queued.id, (event) => events.push(event))
    expect(run).toMatchObject({
      status: 'done',
      step: 3,
      steps: 3,
      lossBefore: 4,
      lossAfter: 0.2,
      peakMemoryBytes: 1_000_000,
      tokensPerSecond: 120,
      failure: null,
    })
    const losses = events.flatMap((event) => (event.type === 'losses' ? event.points : []))
    expect(losses).toEqual([
      { step: 0, loss: 4, set: 'training' },
      { step: 1, loss: 2, set: 'step' },
      { step: 2, loss: 4 / 3, set: 'step' },
      { step: 3, loss: 1, set: 'step' },
    ])
    const [adapter] = await app.call('adapters.list', {})
    expect(adapter).toMatchObject({
      id: run.adapterId,
      name: 'Pim',
      modelId,
      rank: 64,
      sizeBytes: adapterBytes.length,
      parameterCount: 6,
      runId: run.id,
      lossBefore: 4,
      lossAfter: 0.2,
    })
    // Who comes late sees the same, and the folder with the checkpoint is gone.
    const late: ProcedureEvent<'runs.watch'>[] = []
    expect(await watch(app, run.id, (event) => late.push(event))).toEqual(run)
    expect(late).toEqual([
      { type: 'run', run },
      { type: 'losses', points: losses },
    ])
    expect(existsSync(lastTrain(app).runDirectory)).toBe(false)
  })

  it('is not changed by what happens to the examples meanwhile', async () => {
    const { app, modelId } = await appWithExamples(1)
    const stopped = endless(app)
    const first = await start(app, modelId)
    const second = await start(app, modelId)
    await stopped.started
    const [example] = await app.call('examples.list', {})
    await app.call('examples.remove', { ids: [example?.id ?? ''] })
    await app.call('runs.cancel', { id: first.id })
    app.engine.operations.train = engineStandIn().operations.train
    await watch(app, second.id).catch(() => {})
    expect(lastTrain(app).examples).toEqual([{ id: '1', ...pair('q0') }])
    await app.call('runs.cancel', { id: second.id })
  })

  it('holds back a share that the seed draws, in the order of the examples', async () => {
    const { app, modelId } = await appWithExamples(10)
    const run = await start(app, modelId, 'Pim', 0.3)
    await watch(app, run.id)
    const { examples, heldOut } = lastTrain(app)
    expect([examples.length, heldOut.length]).toEqual([7, 3])
    const numbers = [...examples, ...heldOut].map((example) => Number(example.id))
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(heldOut.map((example) => Number(example.id))).toEqual(
      heldOut.map((example) => Number(example.id)).toSorted((a, b) => a - b),
    )
    const again = await start(app, modelId, 'Pim', 0.3)
    await watch(app, again.id)
    expect(lastTrain(app).heldOut).toEqual(heldOut)
  })

  it('gets a name that no adapter and no other run has', async () => {
    const { app, modelId } = await appWithExamples()
    const first = await start(app, modelId, 'Pim')
    const second = await start(app, modelId, 'pim')
    expect([first.name, second.name]).toEqual(['Pim', 'pim 2'])
    await watch(app, second.id)
    expect((await app.call('adapters.list', {})).map((adapter) => adapter.name).toSorted()).toEqual([
      'Pim',
      'pim 2',
    ])
  })

  it('waits for the one before it', async () => {
    const { app, modelId } = await appWithExamples()
    const stopped = endless(app)
    const first = await start(app, modelId)
    const second = await start(app, modelId)
    await stopped.started
    expect((await app.call('runs.list', {})).map((run) => run.status).toSorted()).toEqual([
      'queued',
      'running',
    ])
    expect(await failureCode(() => app.call('models.remove', { id: modelId }))).toBe('model-in-use')
    expect((await app.call('runs.cancel', { id: second.id })).status).toBe('cancelled')
    expect((await app.call('runs.cancel', { id: first.id })).status).toBe('cancelled')
    expect(app.engine.calls.filter((call) => call.operation === 'train')).toHaveLength(1)
    expect(await failureCode(() => app.call('runs.resume', { id: first.id }))).toBe('run-ended')
    expect(await app.call('adapters.list', {})).toEqual([])
  })

  it('needs examples and settings that can be', async () => {
    const app = await testApp()
    const model = await withModel(app)
    expect(await failureCode(() => start(app, model.id))).toBe('no-examples')
    const request = { name: 'x', model: null, examples: pairs(1), settings: { rank: 0 } }
    expect(await failureCode(() => app.services.personalize.start(request))).toBe('invalid-settings')
  })

  it('puts the system prompt before examples without one', async () => {
    const app = await testApp()
    await withModel(app)
    const system = { role: 'system' as const, content: 'Own' }
    const examples = [...pairs(1), { messages: [system, ...pair('q1').messages] }]
    const request = { name: 'x', model: null, examples, systemPrompt: 'You are Pim.' }
    await result(app.services.personalize.watch(app.services.personalize.start(request).id))
    expect(lastTrain(app).examples.map((example) => example.messages[0]?.content)).toEqual([
      'You are Pim.',
      'Own',
    ])
    // Nothing but the run has kept them.
    expect(await app.call('examples.list', {})).toEqual([])
  })
})

describe('a run that is cut', () => {
  it('by a crash of the engine can be resumed from its checkpoint', async () => {
    const { app, modelId } = await appWithExamples()
    app.engine.operations.train = async function* () {
      yield { type: 'prepared', steps: 3, trainableParameters: 6, resumedAtStep: 0 }
      yield { type: 'measured', step: 0, set: 'training', loss: 4 }
      yield trainStep(1, 3)
      yield trainStep(2, 3)
      throw new Failure('engine-crashed', 'The engine crashed.')
    }
    const { id } = await start(app, modelId)
    const cut = await watch(app, id)
    expect(cut).toMatchObject({
      status: 'interrupted',
      failure: { code: 'engine-crashed', message: 'The engine crashed.' },
      step: 2,
      lossBefore: 4,
    })
    const { runDirectory } = lastTrain(app)

    app.engine.operations.train = async function* (input) {
      yield { type: 'prepared', steps: 3, trainableParameters: 6, resumedAtStep: 1 }
      yield { ...trainStep(2, 3), loss: 9 }
      yield trainStep(3, 3)
      return { ...trained(input.runDirectory), lossBefore: null }
    }
    await app.call('runs.resume', { id })
    const losses: unknown[] = []
    const done = await watch(app, id)
    await watch(app, id, (event) => event.type === 'losses' && losses.push(...event.points))
    expect(done).toMatchObject({ status: 'done', lossBefore: 4, lossAfter: 0.2 })
    expect(lastTrain(app).runDirectory).toBe(runDirectory)
    // The step after the checkpoint was made again: its first loss is forgotten.
    expect(losses).toEqual([
      { step: 0, loss: 4, set: 'training' },
      { step: 1, loss: 2, set: 'step' },
      { step: 2, loss: 9, set: 'step' },
      { step: 3, loss: 1, set: 'step' },
    ])
  })

  it('by a failure of the training says why, and can be tried again', async () => {
    const { app, modelId } = await appWithExamples()
    app.engine.operations.train = async function* () {
      throw new Failure(
        'loss-not-finite',
        'The loss became infinite at step 1. Choose a smaller learning rate.',
      )
    }
    const { id } = await start(app, modelId)
    expect(await watch(app, id)).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining('infinite') },
    })
    app.engine.operations.train = engineStandIn().operations.train
    await app.call('runs.resume', { id })
    expect(await watch(app, id)).toMatchObject({ status: 'done', failure: null })
  })

  it('by closing the app is interrupted, as are those that wait, and goes on when asked', async () => {
    const { app, modelId } = await appWithExamples()
    const stopped = endless(app)
    const first = await start(app, modelId)
    const second = await start(app, modelId)
    await stopped.started
    await app.close()
    const again = await testApp({ dataDirectory: app.dataDirectory })
    expect((await again.call('runs.list', {})).map((run) => run.status)).toEqual([
      'interrupted',
      'interrupted',
    ])
    for (const { id } of [first, second]) {
      await again.call('runs.resume', { id })
      expect(await watch(again, id)).toMatchObject({ status: 'done' })
    }
  })

  it('is found by a request for just the same, and by no other', async () => {
    const app = await testApp()
    await withModel(app)
    const stopped = endless(app)
    const request = {
      name: 'Pim',
      model: null,
      examples: pairs(5),
      settings: { rank: 8 },
      systemPrompt: 'Be Pim.',
    }
    const { personalize } = app.services
    const { id } = personalize.start(request)
    await stopped.started
    expect(personalize.unfinished(request)).toBeUndefined()
    await app.close()

    const again = (await testApp({ dataDirectory: app.dataDirectory })).services.personalize
    expect(again.unfinished({ ...request, name: ' pim' })).toMatchObject({
      id,
      status: 'interrupted',
      step: 1,
    })
    expect(again.unfinished({ ...request, name: 'Pam' })).toBeUndefined()
    expect(again.unfinished({ ...request, settings: { rank: 9 } })).toBeUndefined()
    expect(again.unfinished({ ...request, examples: pairs(4) })).toBeUndefined()
    expect(again.unfinished({ ...request, systemPrompt: 'Be Pam.' })).toBeUndefined()
    expect(again.unfinished({ ...request, heldOutRatio: 0.4 })).toBeUndefined()
    await result(again.watch(again.resume(id).id))
    expect(again.unfinished(request)).toBeUndefined()
  })

  it('by a killed app is found interrupted, with its folder; other folders are removed', async () => {
    const dataDirectory = temporaryFolder()
    const app = await testApp({ dataDirectory })
    const model = await withModel(app)
    const stopped = endless(app)
    const request = { name: 'x', model: model.id, examples: pairs(2) }
    const { id } = app.services.personalize.start(request)
    await stopped.started
    await app.close()
    // As a killed app leaves it.
    const storage = openStorage(dataDirectory)
    const run = storage.runs.get(id)
    if (run !== undefined) storage.runs.update({ ...run, status: 'running' })
    storage.close()

    const again = await testApp({ dataDirectory })
    expect(await again.call('runs.list', {})).toMatchObject([{ status: 'interrupted' }])
    expect(existsSync(join(dataDirectory, 'runs', id))).toBe(true)
    await again.call('runs.cancel', { id })
    expect(existsSync(join(dataDirectory, 'runs', id))).toBe(false)
  })

  it('ends a watch that is given up', async () => {
    const { app, modelId } = await appWithExamples()
    const stopped = endless(app)
    const { id } = await start(app, modelId)
    await stopped.started
    const leave = new AbortController()
    const watching = app.call('runs.watch', { id }, () => leave.abort(), leave.signal)
    expect((await watching).status).toBe('running')
    await app.call('runs.cancel', { id })
  })
})

describe('the adapter', () => {
  async function personalized(): Promise<{ app: TestApp; adapterId: string; modelId: string }> {
    const { app, modelId } = await appWithExamples()
    const run = await watch(app, (await start(app, modelId)).id)
    return { app, modelId, adapterId: run.adapterId ?? '' }
  }

  it('reaches the engine as a file of its own bytes, with the strength of the chat', async () => {
    const { app, adapterId } = await personalized()
    const { id } = await app.call('conversations.create', { modelId: null })
    await app.call('conversations.update', { id, adapterId, strength: 0.5 })
    const answer = await app.call('chat.send', { conversationId: id, content: 'x' })
    expect(answer.adapterId).toBe(adapterId)
    const adapter = (app.engine.calls.at(-1)?.input as ChatInput | undefined)?.adapter ?? {
      path: '',
      strength: 0,
    }
    expect(adapter.strength).toBe(0.5)
    expect(readFileSync(adapter.path).equals(adapterBytes)).toBe(true)
    expect(adapter.path).toContain(createHash('sha256').update(adapterBytes).digest('hex'))
  })

  it('is found by NAME:STRENGTH on the command line and measured', async () => {
    const { app, adapterId } = await personalized()
    const { adapters } = app.services
    expect(adapters.find('pim')).toMatchObject({ adapter: { id: adapterId }, strength: 1 })
    expect(adapters.find('PIM:0.25')).toMatchObject({ adapter: { id: adapterId }, strength: 0.25 })
    expect(await failureCode(() => adapters.find('pim:2'))).toBe('invalid-strength')
    expect(await failureCode(() => adapters.find('pam'))).toBe('adapter-not-found')
    const request = { examples: pairs(2), model: null, adapter: 'pim:0.25' }
    expect(await result(app.services.evaluate(request))).toMatchObject({ meanLoss: 0.5, tokens: 2 })
    expect(app.engine.calls.at(-1)?.input).toMatchObject({ adapter: { strength: 0.25 } })
  })

  it('stays when its model is removed and says which one it needs', async () => {
    const { app, adapterId, modelId } = await personalized()
    const { id } = await app.call('conversations.create', { modelId: null })
    await app.call('conversations.update', { id, adapterId })
    await app.call('models.remove', { id: modelId })
    app.engine.operations.importModel = async function* (input) {
      const tiny = yield* engineStandIn().operations.importModel(input, new AbortController().signal)
      return { ...tiny, sourceHash: 'cd'.repeat(32) }
    }
    await withModel(app)
    const ask = () => app.call('chat.send', { conversationId: id, content: 'x' })
    expect(await failureCode(ask)).toBe('adapter-needs-model')

    app.engine.operations.importModel = engineStandIn().operations.importModel
    const same = await withModel(app)
    expect((await app.call('adapters.list', {}))[0]?.modelId).toBe(same.id)
    expect((await ask()).status).toBe('complete')
  })

  it('can be renamed, deleted with undo, and is gone from the disk after the next start', async () => {
    const { app, adapterId } = await personalized()
    await app.call('adapters.rename', { id: adapterId, name: 'Wren' })
    const { id } = await app.call('conversations.create', { modelId: null })
    await app.call('conversations.update', { id, adapterId })
    await app.call('chat.send', { conversationId: id, content: 'x' })
    await app.call('adapters.remove', { id: adapterId })
    expect((await app.call('conversations.open', { id })).conversation.adapterId).toBe(null)
    await app.call('adapters.restore', { id: adapterId })
    expect((await app.call('conversations.open', { id })).conversation.adapterId).toBe(adapterId)
    await app.call('adapters.remove', { id: adapterId })
    await app.close()
    const again = await testApp({ dataDirectory: app.dataDirectory })
    expect(await failureCode(() => again.call('adapters.restore', { id: adapterId }))).toBe(
      'adapter-not-found',
    )
    expect(existsSync(join(app.dataDirectory, 'cache', 'adapters'))).toBe(false)
    expect((await again.call('conversations.open', { id })).messages[1]?.adapterId).toBe(null)
  })
})
