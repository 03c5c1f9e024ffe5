/** Where the window was, kept in the data folder. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Rectangle } from 'electron'
import { z } from 'zod'

const pixels = z.number().int().min(-100_000).max(100_000)

/** In device-independent pixels. */
const windowState = z.object({
  /** null: the system places the window. */
  position: z.object({ x: pixels, y: pixels }).nullable(),
  size: z.object({ width: pixels, height: pixels }),
  maximized: z.boolean(),
})
export type WindowState = z.infer<typeof windowState>

const firstState: WindowState = { position: null, size: { width: 1180, height: 780 }, maximized: false }

/** How much of the window must be on a display for a person to find and move it, in pixels. */
const graspable = 100

/** The state that was kept; the first one where none was, or none that can be read. */
export function readWindowState(file: string, report: (error: unknown) => void): WindowState {
  try {
    return windowState.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) report(error)
    return firstState
  }
}

/** Writes at once, because the app may be about to end. */
export function writeWindowState(file: string, state: WindowState, report: (error: unknown) => void): void {
  try {
    const temporary = `${file}.tmp`
    writeFileSync(temporary, JSON.stringify(state))
    renameSync(temporary, file)
  } catch (error) {
    report(error) // The place of a window is not worth keeping the app from ending.
  }
}

/** The state, fit to the displays there are now: no larger than its display, and placed anew where none shows it. */
export function fitToDisplays(state: WindowState, workAreas: readonly Rectangle[]): WindowState {
  const { position, size, maximized } = state
  const home = position === null ? undefined : workAreas.find((area) => shows(area, { ...position, ...size }))
  const area = home ?? workAreas[0]
  if (area === undefined) return state
  const width = Math.min(size.width, area.width)
  const height = Math.min(size.height, area.height)
  if (position === null || home === undefined) return { position: null, size: { width, height }, maximized }
  return {
    position: {
      x: clamp(position.x, home.x, home.x + home.width - width),
      y: clamp(position.y, home.y, home.y + home.height - height),
    },
    size: { width, height },
    maximized,
  }
}

function shows(area: Rectangle, window: Rectangle): boolean {
  const across = Math.min(area.x + area.width, window.x + window.width) - Math.max(area.x, window.x)
  const down = Math.min(area.y + area.height, window.y + window.height) - Math.max(area.y, window.y)
  return across >= graspable && down >= graspable
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
