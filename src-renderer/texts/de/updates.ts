import type { updates as english } from '../en/updates.ts'

export const updates: typeof english = {
  title: 'Aktualisierungen',
  text: 'Aus fragt niemanden. Sonst fragt Veranda beim Start, und ohne dich wird nichts installiert.',
  channels: { off: 'Aus', stable: 'Stabile Versionen', beta: 'Auch Beta-Versionen' },
  check: 'Jetzt nachsehen',
  checkNeeded: 'Wähle zuerst, welche Versionen.',
  checkFailed: 'Ob es eine Aktualisierung gibt, ließ sich nicht herausfinden',
  states: {
    unsupported:
      'Dieses Veranda kam nicht mit einem Installationsprogramm, das es aktualisieren kann: Aktualisiere es so, wie du es bekommen hast.',
    current: 'Das ist die neueste Version.',
    off: '',
  },
  available: (version) => `Version ${version} lässt sich installieren.`,
  install: (version) => `${version} installieren und neu starten`,
  installing: (done, all) => `Wird geladen: ${done} von ${all}`,
  installFailed: 'Die Aktualisierung konnte nicht installiert werden',
  show: 'Zeigen',
}
