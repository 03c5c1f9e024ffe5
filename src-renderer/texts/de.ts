import { api } from './de/api.ts'
import { assistants } from './de/assistants.ts'
import { chat } from './de/chat.ts'
import { computer } from './de/computer.ts'
import { data } from './de/data.ts'
import { markdown } from './de/markdown.ts'
import { models } from './de/models.ts'
import { network } from './de/network.ts'
import { personalize } from './de/personalize.ts'
import { settings } from './de/settings.ts'
import { shell } from './de/shell.ts'
import { shortcuts } from './de/shortcuts.ts'
import { teach } from './de/teach.ts'
import { transfer } from './de/transfer.ts'
import { ui } from './de/ui.ts'
import { updates } from './de/updates.ts'
import { units } from './de/units.ts'
import { verdict } from './de/verdict.ts'
import type { en } from './en.ts'

export const de: typeof en = {
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
