/**
 * The words of the screens in the language that is shown: `t.shell.screens.chat`.
 *
 * One file a screen and language (`en/shell.ts`). A text is a string; one with a number or a name in it is a
 * function, plurals through `counter`. Another language is another object of the same type.
 */
import { en } from './en.ts'

export type Texts = typeof en

export const t: Texts = en
