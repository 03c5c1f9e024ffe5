/**
 * The engine as it is packed, with its bundled code and the native libraries beside the archive, run by Node.
 * Not a launch of the app: that takes Electron's binary and a display.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEngine } from '../../src-main/engine/client.ts'
import type { Engine } from '../../src-main/engine/contract.ts'
import { forkEngine } from '../../src-main/hosts/node-engine-process.ts'
import { describeWithModel } from '../model.ts'
import { extractFiles, pack } from './pack.ts'

const canPackForItself = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')

describe.runIf(canPackForItself)('the packed engine', () => {
  let work = ''
  let engine: Engine

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'veranda-packed-engine-'))
    const packed = await pack({ platform: 'linux', arch: process.arch === 'arm64' ? 'arm64' : 'x64' }, work)
    const extracted = join(work, 'extracted')
    await extractFiles(packed, extracted)
    engine = connectEngine(() => forkEngine(join(extracted, 'out/main/engine.js')))
  }, 120_000)

  afterAll(async () => {
    await engine.close()
    await rm(work, { recursive: true, force: true })
  })

  test('starts and answers', async () => {
    const sourcePath = join(work, 'not-a-model.gguf')
    await writeFile(sourcePath, 'Neither GGUF nor anything else.')
    const run = engine.run('importModel', { sourcePath, targetDirectory: work, name: 'none' })
    await expect(run.next()).rejects.toMatchObject({ code: 'gguf-magic' })
  })

  describeWithModel('given a model', ({ directory }) => {
    test('runs it with the packed ONNX Runtime', async () => {
      const chat = engine.run('chat', {
        modelDirectory: directory,
        messages: [{ role: 'user', content: 'What is the capital of France?' }],
        adapter: null,
        sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 },
        maxTokens: 10,
      })
      let next = await chat.next()
      while (next.done !== true) next = await chat.next()
      expect(next.value.text).toContain('Paris')
    }, 120_000)
  })
})
