/** The theme, remembered in the page as well so that the first frame already has it. */
export type Theme = 'system' | 'light' | 'dark'

const memory = 'veranda.theme'

export function rememberedTheme(): Theme {
  const theme = localStorage.getItem(memory)
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function showTheme(theme: Theme): void {
  localStorage.setItem(memory, theme)
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}
