import type { shell as english } from '../en/shell.ts'

export const shell: typeof english = {
  screens: {
    chat: 'Chat',
    teach: 'Lehren',
    personalize: 'Personalisieren',
    assistants: 'Assistenten',
    models: 'Modelle',
    computer: 'Dieser Computer',
    settings: 'Einstellungen',
  },
  rail: { label: 'Bereiche', iconsOnly: 'Nur Symbole zeigen', showNames: 'Namen zeigen' },
  connection: {
    stopped: 'Angehalten.',
    lostBefore: 'Die Verbindung zu Veranda ging verloren, bevor es antwortete. Versuch es noch einmal.',
    lost: 'Die Verbindung zu Veranda ist verloren.',
    retrying:
      'Sie wird neu versucht. Bleibt sie weg, starte Veranda noch einmal und öffne die Adresse, die es ausgibt.',
  },
  run: {
    waiting: 'wartet',
    preparing: 'wird vorbereitet',
    personalizing: (name) => `${name} wird personalisiert`,
    progress: (name, left) => `„${name}“ wird personalisiert, ${left}`,
    ended: {
      done: (name) => `„${name}“ hat aus deinen Beispielen gelernt.`,
      failed: (name) => `„${name}“ konnte nicht weiterlernen.`,
      see: 'Sieh nach, ob es geholfen hat.',
      open: 'Öffnen',
    },
  },
}
