import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { connectEngine } from '../../../src-main/engine/client.ts'
import { forkUtilityEngine } from '../../../src-main/hosts/electron/utility-engine-process.ts'

const tinyEngine = fileURLToPath(new URL('../../engine/children/tiny-engine.ts', import.meta.url))

test('an engine in a utility process answers, crashes readably, starts again and closes', async () => {
  const engine = connectEngine(() => forkUtilityEngine(tinyEngine))

  const ask = engine.run('maskExamples', { modelDirectory: '', examples: [] })
  await expect(ask.next()).rejects.toMatchObject({ code: 'bad-template' })

  const crash = engine.run('importModel', { sourcePath: '', targetDirectory: '', name: 'exit' })
  expect((await crash.next()).value).toEqual({ doneBytes: 1, totalBytes: 2 })
  await expect(crash.next()).rejects.toMatchObject({
    code: 'engine-crashed',
    message:
      'The engine stopped unexpectedly (exit code 7) while importing the model. Import the model again.',
    cause: new Error('native library: out of luck'),
  })

  const again = engine.run('maskExamples', { modelDirectory: '', examples: [] })
  await expect(again.next()).rejects.toMatchObject({ code: 'bad-template' })
  await engine.close()
})
