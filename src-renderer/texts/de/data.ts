import { counter } from '../counter.ts'
import type { data as english } from '../en/data.ts'

const count = counter('de')
const conversations = (number: number) => count(number, { one: 'Gespräch', other: 'Gespräche' })
const examples = (number: number) => count(number, { one: 'Beispiel', other: 'Beispiele' })
const assistants = (number: number) => count(number, { one: 'Assistent', other: 'Assistenten' })

export const data: typeof english = {
  title: 'Deine Daten',
  text: 'Gespräche, Beispiele und Assistenten. Modelle gehören nicht zu einer Sicherung: Sie lassen sich wieder holen.',
  file: 'Sicherungsdatei',
  fileHint:
    'Der ganze Pfad. Eine Sicherung wird geprüft, nachdem sie geschrieben ist und bevor sie zurückgespielt wird.',
  fileNeeded: 'Schreib zuerst den Pfad einer Datei.',
  backUp: 'Sichern',
  backedUp: (path, size) => `Gesichert in ${path}, ${size}.`,
  backupFailed: 'Die Sicherung konnte nicht geschrieben werden',
  merge: 'Zurückspielen und zusammenführen',
  replace: 'Zurückspielen und ersetzen',
  restored: (report) =>
    `Zurückgespielt: ${conversations(report.conversations)}, ${examples(report.examples)} und ${assistants(report.adapters)}.` +
    (report.copies > 0
      ? ` ${count(report.copies, { one: 'Text war anders als hier', other: 'Texte waren anders als hier' })}; beide Fassungen bleiben.`
      : ''),
  restoreFailed: 'Die Sicherung konnte nicht zurückgespielt werden',
  replaceQuestion: 'Alles durch die Sicherung ersetzen?',
  replaceText:
    'Was jetzt hier ist, wird entfernt, und die Sicherung tritt an seine Stelle. Eine Kopie davon bleibt im Ordner „backups“ des Datenordners.',
  erase: 'Alles löschen',
  eraseText:
    'Löscht Gespräche, Beispiele, Assistenten, Modelle und die automatischen Kopien von diesem Rechner. Sicherungen, die du anderswo hast, bleiben. Das kann nicht rückgängig gemacht werden.',
  eraseWords: 'alles löschen',
  eraseLabel: (words) => `Tippe zur Bestätigung „${words}“`,
  eraseNeeded: (words) => `Tippe zuerst „${words}“.`,
  erased: 'Alles wurde gelöscht.',
  eraseFailed: 'Nicht alles konnte gelöscht werden',
  repaired: (rows, hasCopy) =>
    `Die Datenbank war beschädigt und wurde repariert: ${count(rows, { one: 'Zeile wurde', other: 'Zeilen wurden' })} aus ihr gelesen` +
    (hasCopy
      ? '; was fehlte, kam aus der neuesten automatischen Kopie.'
      : '; eine automatische Kopie gab es nicht.') +
    ' Gelöschtes kann wieder da sein.',
  quarantine: (path) => `Die beschädigte Datei bleibt unverändert erhalten: ${path}`,
}
