/** Who hears of a run's end, and where: on another screen, in another window, with and without notifications. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Run } from '../../src-main/contract/entities.ts'
import { tellRunEnded } from '../../src-renderer/shell/run-ended.ts'
import { queuedRun } from '../queued-run.ts'

const done: Run = { ...queuedRun, id: 'r', name: 'Pim', status: 'done' }
let title: string
let focused: boolean
let onFocus: () => void

beforeEach(() => {
  title = 'Veranda'
  focused = true
  onFocus = () => {}
  vi.stubGlobal('document', {
    hasFocus: () => focused,
    get title() {
      return title
    },
    set title(text: string) {
      title = text
    },
  })
  vi.stubGlobal('window', { addEventListener: (_: string, listener: () => void) => (onFocus = listener) })
})
afterEach(() => void vi.unstubAllGlobals())

/** What is told of the run while `screen` (and what is open there) is shown. */
async function tell(run: Run, screen: string, detail: string | null, hasSystemNotices = false) {
  const said: string[] = []
  const notified: unknown[] = []
  const opened: unknown[] = []
  await tellRunEnded(run, {
    client: {
      call: async (_: string, notice: unknown) => {
        notified.push(notice)
        return hasSystemNotices
      },
    },
    notices: {
      say(text: string, action: { run: () => void }) {
        said.push(text)
        action.run()
      },
    },
    navigation: { screen, detail, go: (...to: unknown[]) => opened.push(to) },
  } as unknown as Parameters<typeof tellRunEnded>[1])
  return { said, notified, opened }
}

test('on another screen a notice says so, and opens the run', async () => {
  const { said, notified, opened } = await tell(done, 'chat', null)
  expect(said).toEqual(['“Pim” has learned from your examples.'])
  expect(opened).toEqual([['personalize', 'r']])
  expect(notified).toEqual([])
})

test('who looks at the run, or cancelled it, needs no notice', async () => {
  expect((await tell(done, 'personalize', 'r')).said).toEqual([])
  expect((await tell({ ...done, status: 'cancelled' }, 'chat', null)).said).toEqual([])
})

test('in another window the system tells, also why it failed', async () => {
  focused = false
  const failure = { code: 'disk-full', message: 'The disk is full.' }
  const { notified } = await tell({ ...done, status: 'failed', failure }, 'chat', null, true)
  expect(notified).toEqual([{ title: '“Pim” could not go on learning.', body: 'The disk is full.' }])
  expect(title).toBe('Veranda')
})

test('where the system can not, the title is marked until the person looks', async () => {
  focused = false
  await tell(done, 'personalize', 'r')
  expect(title).toBe('● Veranda')
  onFocus()
  expect(title).toBe('Veranda')
})
