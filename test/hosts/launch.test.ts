import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { hasDisplay } from '../../src-main/hosts/display.ts'
import { isFresh } from '../../src-main/hosts/screens-build.ts'

const folder = mkdtempSync(join(tmpdir(), 'veranda-launch-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the screens are built anew when they are missing or older than a source, however deep', async () => {
  const at = (path: string, seconds: number): void => utimesSync(join(folder, path), seconds, seconds)
  mkdirSync(join(folder, 'source/deep'), { recursive: true })
  writeFileSync(join(folder, 'source/deep/a.ts'), '')
  const product = join(folder, 'index.html')
  const sources = [join(folder, 'source'), join(folder, 'no-such-source')]
  expect(await isFresh(product, sources)).toBe(false)

  writeFileSync(product, '')
  for (const path of ['source/deep/a.ts', 'source/deep', 'source']) at(path, 1_000)
  at('index.html', 2_000)
  expect(await isFresh(product, sources)).toBe(true)
  at('source/deep/a.ts', 3_000)
  expect(await isFresh(product, sources)).toBe(false)
  at('source/deep/a.ts', 1_000)
  // A file that was removed leaves its mark on the folder.
  at('source/deep', 3_000)
  expect(await isFresh(product, sources)).toBe(false)
})

test('a display is there on Windows and macOS, elsewhere where X or Wayland say so', () => {
  expect(hasDisplay('win32', {})).toBe(true)
  expect(hasDisplay('darwin', {})).toBe(true)
  expect(hasDisplay('linux', {})).toBe(false)
  expect(hasDisplay('linux', { DISPLAY: '' })).toBe(false)
  expect(hasDisplay('linux', { DISPLAY: ':0' })).toBe(true)
  expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true)
})

function launch(...argumentList: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const entry = fileURLToPath(new URL('../../src-main/hosts/launch.mjs', import.meta.url))
  const child = spawn(process.execPath, [entry, ...argumentList])
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

test('the launcher says how it is used', async () => {
  const { code, stdout } = await launch('--help')
  expect(code).toBe(0)
  for (const option of ['--browser', '--no-open', '--port N', '--data-dir FOLDER']) {
    expect(stdout).toContain(option)
  }
})

test.each([
  [['--port', '70000'], '--port is a number from 0 to 65535, not “70000”.'],
  [['--port', 'x'], '--port is a number from 0 to 65535, not “x”.'],
  [['--loud'], "Unknown option '--loud'"],
  [['fast'], "Unexpected argument 'fast'"],
])('wrong usage of the launcher (%j) ends with 2', async (argumentList, said) => {
  const { code, stdout, stderr } = await launch(...argumentList)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(said)
})
