import { queuedRun } from '../../../queued-run.ts'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Run } from '../../../../src-main/contract/entities.ts'
import { presetSettings } from '../../../../src-main/app/personalize/presets.ts'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { openStorage } from '../../../../src-main/app/storage/storage.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

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
