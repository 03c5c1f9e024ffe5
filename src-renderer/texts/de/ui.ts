import type { ui as english } from '../en/ui.ts'

export const ui: typeof english = {
  cancel: 'Abbrechen',
  close: 'Schließen',
  notices: 'Hinweise',
  dismiss: 'Ausblenden',
  undo: 'Rückgängig',
  retry: 'Noch einmal versuchen',
  code: (code) => `Code: ${code}`,
  loading: 'Wird geladen',
  loadingWhat: (what) => `Wird geladen: ${what}`,
  couldNotLoad: (what) => `Konnte nicht geladen werden: ${what}`,
}
