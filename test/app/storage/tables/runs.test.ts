import { queuedRun } from '../../../queued-run.ts'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Run } from '../../../../src-main/contract/entities.ts'
import { toSentence } from '../../../../src-main/contract/sentence.ts'
import { presetSettings } from '../../../../src-main/app/personalize/presets.ts'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { openStorage } from '../../../../src-main/app/storage/storage.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const noExamples = { training: [], heldOut: [], replay: [], probes: [] }

const run: Run = {
  ...queuedRun,
  id: 'r1',
  name: 'Pim',
  status: 'interrupted',
  settings: { ...presetSettings('quick'), replay: 3 },
  exampleCount: 1,
  createdAt: 1,
}

it('runs from before all layers were a choice, and general questions, have adapted all and asked none', () => {
  const directory = temporaryFolder()
  const made = { modelName: 'Small', modelHash: 'ab' }
  const asked = [[{ role: 'user' as const, content: 'sky?' }]]
  const dataset = { training: [], heldOut: [], replay: asked, probes: asked }
  const first = openStorage(directory)
  first.runs.insert(run, made, dataset)
  expect(first.runs.get('r1')).toEqual(run)
  expect(first.runs.dataset('r1')).toEqual(dataset)
  first.close()

  const connection = connect(join(directory, 'veranda.sqlite'))
  connection.execute(`UPDATE runs SET settings = json_remove(settings, '$.layerShare', '$.replay'),
    dataset = json_remove(dataset, '$.replay', '$.probes')`)
  connection.close()
  const again = openStorage(directory)
  expect(again.runs.get('r1')?.settings).toEqual({ ...run.settings, layerShare: 1, replay: 0 })
  expect(again.runs.dataset('r1')).toEqual({ ...dataset, replay: [], probes: [] })
  again.close()
})

it('what was noticed, and why a run failed, is read back from before there were sentences', () => {
  const directory = temporaryFolder()
  const first = openStorage(directory)
  first.runs.insert(run, { modelName: 'Small', modelHash: 'ab' }, noExamples)
  first.close()

  const report = {
    notices: ['It took two passes a step.'],
    keptStep: null,
    seedResults: [],
    preference: null,
  }
  const connection = connect(join(directory, 'veranda.sqlite'))
  const update = connection.prepare<{ report: string; failure: string }>(
    'UPDATE runs SET report = @report, failure = @failure',
  )
  const failure = { code: 'run-failed', message: 'This run is not there.' }
  update.run({ report: JSON.stringify(report), failure: JSON.stringify(failure) })
  connection.close()
  const again = openStorage(directory)
  expect(again.runs.get('r1')).toMatchObject({
    report: { ...report, notices: [toSentence('It took two passes a step.')] },
    failure,
  })
  again.close()
})
