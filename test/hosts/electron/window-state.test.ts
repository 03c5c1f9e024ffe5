import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  fitToDisplays,
  readWindowState,
  writeWindowState,
} from '../../../src-main/hosts/electron/window-state.ts'

const main = { x: 0, y: 25, width: 1440, height: 875 }
const left = { x: -1920, y: 0, width: 1920, height: 1080 }
const at = (x: number, y: number, width = 1000, height = 700) => ({
  position: { x, y },
  size: { width, height },
  maximized: false,
})
const placedAnew = { position: null, size: { width: 1000, height: 700 }, maximized: false }

test.each([
  ['inside a display: as it was', at(100, 100), [main], at(100, 100)],
  ['on the second display: as it was', at(-1500, 50), [main, left], at(-1500, 50)],
  ['on a display that is gone: placed anew', at(-1500, 50), [main], placedAnew],
  ['hardly in sight: placed anew', at(1400, 100), [main], placedAnew],
  ['partly outside: moved inside', at(900, 500), [main], at(440, 200)],
  ['under the menu bar: moved below it', at(0, 0), [main], at(0, 25)],
  ['larger than the display: made to fit', at(10, 30, 3000, 2000), [main], at(0, 25, 1440, 875)],
  ['no display known: as it was', at(5, 5), [], at(5, 5)],
])('a window %s', (_name, state, workAreas, expected) => {
  expect(fitToDisplays(state, workAreas)).toEqual(expected)
})

test('the state is kept in one file; a file that is missing or broken gives the first state', () => {
  const directory = mkdtempSync(join(tmpdir(), 'veranda-window-'))
  const file = join(directory, 'window.json')
  const reported: unknown[] = []
  const report = (error: unknown): void => void reported.push(error)
  const first = readWindowState(file, report)
  expect(first.position).toBeNull()
  expect(reported).toEqual([])

  writeWindowState(file, { ...at(1, 2), maximized: true }, report)
  expect(readWindowState(file, report)).toEqual({ ...at(1, 2), maximized: true })
  expect(readdirSync(directory)).toEqual(['window.json'])

  for (const broken of ['', '{', '{"position":{"x":"a"}}']) {
    writeFileSync(file, broken)
    expect(readWindowState(file, report)).toEqual(first)
  }
  expect(reported).toHaveLength(3)
  rmSync(directory, { recursive: true })
})
