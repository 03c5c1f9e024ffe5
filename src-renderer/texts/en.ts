import { chat } from './en/chat.ts'
import { markdown } from './en/markdown.ts'
import { shell } from './en/shell.ts'
import { shortcuts } from './en/shortcuts.ts'
import { teach } from './en/teach.ts'

export const en = {
  chat,
  markdown,
  shell,
  shortcuts,
  teach,
}
