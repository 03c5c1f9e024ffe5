/** Screens speak through one live region; a region that comes with its text would not be told. */
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const components = globSync('src-renderer/**/*.svelte')
const having = (what: RegExp): string[] =>
  components.filter((path) => what.test(readFileSync(path, 'utf8'))).map((path) => path.replaceAll('\\', '/'))

test('there is one live region, and the log of a conversation', () => {
  expect(having(/aria-live|role="(status|log)"/).sort()).toEqual([
    'src-renderer/chat/MessageList.svelte',
    'src-renderer/ui/Announcements.svelte',
  ])
})

test('errors are told by one component, and a lost connection', () => {
  expect(having(/role="alert"/).sort()).toEqual([
    'src-renderer/shell/ConnectionBanner.svelte',
    'src-renderer/ui/ErrorNotice.svelte',
  ])
})
