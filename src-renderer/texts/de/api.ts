import type { api as english } from '../en/api.ts'

export const api: typeof english = {
  title: 'Für andere Programme',
  text: 'Programme auf diesem Rechner, die OpenAIs Schnittstelle sprechen, können deine Modelle und Assistenten fragen, solange Veranda läuft. Von außerhalb geht das nicht.',
  what: 'die Schnittstelle',
  enabled: 'Anderen Programmen antworten',
  notHere: 'Von hier aus nicht: Nimm „veranda serve“ auf der Kommandozeile.',
  port: { label: 'Port', hint: 'Wähle einen anderen, wenn ein Programm ihn schon hat.' },
  address: 'Basisadresse',
  key: 'API-Schlüssel',
  copyAddress: 'Die Basisadresse kopieren',
  copyKey: 'Den API-Schlüssel kopieren',
  renew: 'Schlüssel erneuern',
  renewHint: 'Programme, die den alten kennen, bekommen dann keine Antwort mehr.',
  failed: 'Das ließ sich nicht ändern',
}
