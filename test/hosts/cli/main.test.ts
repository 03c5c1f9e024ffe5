/** The command as it is started: a process of its own, over the real app in a temporary folder. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { lockFolder } from '../../../src-main/app/storage/folder-lock.ts'

const runner = fileURLToPath(new URL('../../../src-main/hosts/run.mjs', import.meta.url))
const main = fileURLToPath(new URL('../../../src-main/hosts/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'veranda-main-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(...argumentList: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { VERANDA_HOME: _, ...env } = process.env
  const child = spawn(process.execPath, [runner, main, ...argumentList, '--data-dir', folder], { env })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

test('lists the models of an empty folder as one JSON object', async () => {
  const { code, stdout, stderr } = await start('models', 'list', '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { models, catalogue } = JSON.parse(stdout) as { models: unknown[]; catalogue: unknown[] }
  expect(models).toEqual([])
  expect(catalogue[0]).toMatchObject({ id: 'smollm2-135m-instruct', installed: false })
})

test('wrong usage ends with 2, a failure with 1 and one line', async () => {
  expect(await start('models', 'dance')).toMatchObject({ code: 2, stdout: '' })
  const { code, stdout, stderr } = await start('models', 'import', join(folder, 'none.gguf'))
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^[^\n]+none\.gguf[^\n]+\n$/)
})

test('a data folder that is in use is a failure that names it', async () => {
  const lock = lockFolder(folder)
  const { code, stdout, stderr } = await start('adapters', 'list')
  lock.release()
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain(folder)
})
