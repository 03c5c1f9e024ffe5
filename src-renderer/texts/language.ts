/** The language that is shown: what the person chose, else the first one of the system's that is known. */
import { createSubscriber } from 'svelte/reactivity'
import { type Language, languageOf, languages } from '../../src-main/texts/language.ts'

let shown: Language = 'en'
let update = (): void => {}
const subscribe = createSubscriber((changed) => {
  update = changed
  return () => (update = () => {})
})

/** Whatever reads it in a component or an effect is shown anew in another language. */
export function shownLanguage(): Language {
  subscribe()
  return shown
}

const memory = 'veranda.language'

/** The choice, remembered in the page as well, so that the first frame already has it. */
export function rememberedLanguage(): string {
  return localStorage.getItem(memory) ?? 'system'
}

/** @param choice one of the languages; any other means the system's */
export function showLanguage(choice: string): void {
  localStorage.setItem(memory, choice)
  shown = languages.find((language) => language === choice) ?? languageOf(navigator.languages)
  document.documentElement.lang = shown
  update()
}
