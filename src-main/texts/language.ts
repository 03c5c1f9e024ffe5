/** The languages in which people are spoken to, on the screens and by the host's own windows. */
export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/** The first of the wanted ones (BCP 47, such as `de-AT`) that is known; English where none is. */
export function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const known = languages.find((language) => tag.toLowerCase().split('-')[0] === language)
    if (known !== undefined) return known
  }
  return 'en'
}
