import { api } from './en/api.ts'
import { assistants } from './en/assistants.ts'
import { chat } from './en/chat.ts'
import { computer } from './en/computer.ts'
import { data } from './en/data.ts'
import { markdown } from './en/markdown.ts'
import { models } from './en/models.ts'
import { network } from './en/network.ts'
import { personalize } from './en/personalize.ts'
import { settings } from './en/settings.ts'
import { shell } from './en/shell.ts'
import { shortcuts } from './en/shortcuts.ts'
import { teach } from './en/teach.ts'
import { transfer } from './en/transfer.ts'
import { ui } from './en/ui.ts'
import { updates } from './en/updates.ts'
import { units } from './en/units.ts'
import { verdict } from './en/verdict.ts'

export const en = {
  api,
  assistants,
  chat,
  computer,
  data,
  markdown,
  models,
  network,
  personalize,
  settings,
  shell,
  shortcuts,
  teach,
  transfer,
  ui,
  units,
  updates,
  verdict,
}
