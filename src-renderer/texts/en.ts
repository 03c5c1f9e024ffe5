import { chat } from './en/chat.ts'
import { markdown } from './en/markdown.ts'
import { shell } from './en/shell.ts'

export const en = {
  chat,
  markdown,
  shell,
}
