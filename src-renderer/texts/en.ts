import { assistants } from './en/assistants.ts'
import { chat } from './en/chat.ts'
import { data } from './en/data.ts'
import { markdown } from './en/markdown.ts'
import { shell } from './en/shell.ts'
import { shortcuts } from './en/shortcuts.ts'
import { teach } from './en/teach.ts'

export const en = {
  assistants,
  chat,
  data,
  markdown,
  shell,
  shortcuts,
  teach,
}
