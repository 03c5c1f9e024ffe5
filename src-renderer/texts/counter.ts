/** What is counted, by the plural rule of the language; `other` is what all rules fall back to. */
export type CountedForms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }

/** "1 example", "1,200 examples": a number with the form of its noun that the language puts there. */
export function counter(language: string): (count: number, forms: CountedForms) => string {
  const rules = new Intl.PluralRules(language)
  const digits = new Intl.NumberFormat(language)
  return (count, forms) => `${digits.format(count)} ${forms[rules.select(count)] ?? forms.other}`
}
