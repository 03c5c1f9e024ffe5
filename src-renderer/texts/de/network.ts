import type { network as english } from '../en/network.ts'

export const network: typeof english = {
  title: 'Netzwerk',
  requests: 'die Anfragen',
  text: 'Veranda fragt im Netzwerk nur nach dem, was du startest. Jede Anfrage steht hier; beim Chatten und Anpassen gibt es keine.',
  none: 'Im Netzwerk wurde nach nichts gefragt.',
  list: 'Anfragen, die neuesten zuerst',
  when: 'Wann',
  host: 'Gefragt',
  what: 'Wofür',
  received: 'Empfangen',
  outcome: 'Ergebnis',
  purposes: {
    model: (subject) => `das Modell ${subject}`,
    update: (subject) => `eine Aktualisierung von Veranda: ${subject}`,
  },
  outcomes: {
    running: 'läuft',
    done: 'fertig',
    redirected: 'weitergeleitet',
    refused: 'abgelehnt',
    failed: 'abgebrochen oder nicht erreicht',
  },
  clear: 'Liste leeren',
  clearFailed: 'Die Liste konnte nicht geleert werden',
}
