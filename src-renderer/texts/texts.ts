/**
 * The words of the screens in the language that is shown: `t.shell.screens.chat`.
 *
 * One file a screen and language (`en/shell.ts`). A text is a string; one with a number or a name in it is a
 * function, plurals through `counter`. Another language is another object of the same type. Read texts where they
 * are shown, never once for all: the language can change.
 */
import type { Language } from '../../src-main/texts/language.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { shownLanguage } from './language.ts'

export type Texts = typeof en

export const catalogues: Readonly<Record<Language, Texts>> = { en, de }

export const t: Texts = new Proxy(en, {
  get: (_, name) => Reflect.get(catalogues[shownLanguage()], name) as unknown,
})
