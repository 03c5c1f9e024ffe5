import type { markdown as english } from '../en/markdown.ts'

export const markdown: typeof english = {
  copy: 'Kopieren',
  copied: 'Kopiert',
  table: 'Tabelle',
  formula: 'Formel',
  code: (language) => (language === '' ? 'Code' : `Code, ${language}`),
}
