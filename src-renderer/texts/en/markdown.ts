export const markdown = {
  copy: 'Copy',
  copied: 'Copied',
  table: 'Table',
  formula: 'Formula',
  code: (language: string) => (language === '' ? 'Code' : `Code, ${language}`),
}
