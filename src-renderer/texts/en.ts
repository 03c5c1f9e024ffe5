import { chat } from './en/chat.ts'
import { shell } from './en/shell.ts'

export const en = {
  chat,
  shell,
}
