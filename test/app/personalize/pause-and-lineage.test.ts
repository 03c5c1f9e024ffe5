import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ProcedureEvent } from '../../../src-main/contract/procedures.ts'
import { adapterBytes, engineStandIn, estimated, trained } from '../engine-stand-in.ts'
import { appWithExamples, endless, lastTrain, start, watch } from './started-runs.ts'

describe('pausing', () => {
  it('stops the run at its next step; resuming goes on with it', async () => {
    const { app, modelId } = await appWithExamples()
    const { started } = endless(app)
    const { id } = await start(app, modelId)
    await started
    expect(await app.call('runs.pause', { id })).toMatchObject({
      status: 'interrupted',
      step: 1,
      failure: null,
    })
    expect(existsSync(lastTrain(app).runDirectory)).toBe(true)
    app.engine.operations.train = engineStandIn().operations.train
    await app.call('runs.resume', { id })
    expect(await watch(app, id)).toMatchObject({ status: 'done' })
  })

  it('takes a waiting run out of the queue and lets the next one go', async () => {
    const { app, modelId } = await appWithExamples()
    const { started } = endless(app)
    const first = await start(app, modelId, 'First')
    const second = await start(app, modelId, 'Second')
    const third = await start(app, modelId, 'Third')
    await started
    expect(await app.call('runs.pause', { id: second.id })).toMatchObject({ status: 'interrupted', step: 0 })
    app.engine.operations.train = engineStandIn().operations.train
    await app.call('runs.pause', { id: first.id })
    expect(await watch(app, third.id)).toMatchObject({ status: 'done' })
    expect(await watch(app, second.id)).toMatchObject({ status: 'interrupted' })
  })
})

describe('probes', () => {
  it('are asked under the system prompt, and their answers are kept with the run', async () => {
    const { app, modelId } = await appWithExamples()
    app.engine.operations.train = async function* ({ runDirectory }) {
      yield { type: 'prepared', steps: 3, trainableParameters: 6, resumedAtStep: 0 }
      yield { type: 'sampled', step: 0, probe: 0, answer: 'No idea.' }
      yield { type: 'sampled', step: 3, probe: 0, answer: 'Bramble.' }
      return trained(runDirectory)
    }
    const asked = { name: 'Pim', modelId, exampleIds: null, settings: {}, heldOutRatio: 0 }
    const { id, probes } = await app.call('personalize.start', { ...asked, probes: ['The dog?'] })
    expect(probes).toEqual(['The dog?'])
    await watch(app, id)
    expect(lastTrain(app).probes).toEqual([[{ role: 'user', content: 'The dog?' }]])
    const late: ProcedureEvent<'runs.watch'>[] = []
    await watch(app, id, (event) => late.push(event))
    expect(late.at(-1)).toEqual({
      type: 'samples',
      samples: [
        { step: 0, probe: 0, answer: 'No idea.' },
        { step: 3, probe: 0, answer: 'Bramble.' },
      ],
    })
  })
})

describe('going on from an adapter', () => {
  it('keeps its vectors with the run and its shape in the settings', async () => {
    const { app, modelId } = await appWithExamples()
    const asked = { name: 'Pim', modelId, exampleIds: null, heldOutRatio: 0 }
    const first = await app.call('personalize.start', { ...asked, settings: { rank: 7, epochs: 2 } })
    const parentId = (await watch(app, first.id)).adapterId ?? ''
    expect(await app.call('personalize.defaults', { modelId, parentId })).toMatchObject({ rank: 7 })
    const { started } = endless(app)
    const second = await app.call('personalize.start', { ...asked, parentId, settings: { epochs: 3 } })
    expect(second).toMatchObject({ parentId, settings: { rank: 7, epochs: 3 } })
    await started
    const { startPath } = lastTrain(app)
    expect(readFileSync(startPath ?? '')).toEqual(adapterBytes)
    await app.call('runs.cancel', { id: second.id })
    expect(existsSync(startPath ?? '')).toBe(false)
  })
})

describe('the estimate', () => {
  it('measures just what would be started, and stores nothing', async () => {
    const { app, modelId } = await appWithExamples(10)
    const asked = { name: 'Pim', modelId, exampleIds: null, heldOutRatio: 0.3, preset: 'quick' as const }
    const shares: number[] = []
    const estimate = await app.call(
      'personalize.estimate',
      { ...asked, settings: { rank: 5 } },
      ({ share }) => shares.push(share),
    )
    expect(estimate).toEqual({ ...estimated, exampleCount: 7, heldOutCount: 3, besideRun: false })
    expect(shares).toEqual([0.5])
    expect(await app.call('runs.list', {})).toEqual([])
    const { id } = await app.call('personalize.start', { ...asked, settings: { rank: 5 } })
    await watch(app, id)
    const measured = app.engine.calls.find(({ operation }) => operation === 'estimate')?.input
    const { runDirectory: _, startPath: __, ...trainedOn } = lastTrain(app)
    expect(measured).toEqual(trainedOn)
  })
})
