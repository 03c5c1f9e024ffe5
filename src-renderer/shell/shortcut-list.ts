/** The keys of the shortcut sheet; what they do is said in the catalogue. */
import type { Texts } from '../texts/texts.ts'

type Words = Texts['shortcuts']

interface ShortcutGroup {
  readonly name: keyof Words['groups']
  /** Keys held together are joined by `+`. */
  readonly shortcuts: readonly (readonly [keys: string, action: keyof Words['actions']])[]
}

export const shortcutGroups: readonly ShortcutGroup[] = [
  {
    name: 'everywhere',
    shortcuts: [
      ['Ctrl+/', 'sheet'],
      ['Alt+1 … 7', 'screens'],
      ['Ctrl+Shift+O', 'newConversation'],
      ['Tab', 'next'],
      ['Esc', 'close'],
    ],
  },
  {
    name: 'conversations',
    shortcuts: [
      ['Ctrl+K', 'search'],
      ['Alt+↑', 'above'],
      ['Alt+↓', 'below'],
    ],
  },
  {
    name: 'messages',
    shortcuts: [
      ['Enter', 'send'],
      ['Shift+Enter', 'newLine'],
      ['Ctrl+Enter', 'save'],
      ['Esc', 'stop'],
      ['↑', 'editLast'],
      ['Alt+R', 'again'],
      ['Alt+C', 'copy'],
      ['Alt+←', 'branchBefore'],
      ['Alt+→', 'branchAfter'],
    ],
  },
]
