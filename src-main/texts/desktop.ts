/** What the desktop says by itself, in the languages that are known: its menu and its dialogs. */
import { desktop as german } from './de/desktop.ts'
import { desktop as english } from './en/desktop.ts'
import type { Language } from './language.ts'

export type DesktopTexts = typeof english

export const desktopTexts: Readonly<Record<Language, DesktopTexts>> = { en: english, de: german }
