import type { shortcuts as english } from '../en/shortcuts.ts'

export const shortcuts: typeof english = {
  title: 'Tastenkürzel',
  keys: { Ctrl: 'Strg', Alt: 'Alt', Shift: 'Umschalt', Enter: 'Eingabe', Esc: 'Esc', Tab: 'Tab' },
  groups: {
    everywhere: 'Überall',
    conversations: 'Gespräche',
    messages: 'Nachrichten',
  },
  actions: {
    sheet: 'Diese Übersicht zeigen (auch ?, außerhalb eines Textes)',
    screens: 'Chat, Lehren, Personalisieren, Assistenten, Modelle, Dieser Computer, Einstellungen',
    newConversation: 'Ein neues Gespräch beginnen',
    next: 'Zum nächsten Bedienelement; mit Umschalt zum vorigen',
    close: 'Schließen, was offen ist',
    search: 'In allen Gesprächen suchen',
    above: 'Das Gespräch darüber',
    below: 'Das Gespräch darunter',
    send: 'Senden',
    newLine: 'Eine neue Zeile beginnen',
    save: 'Behalten, was du bearbeitest: eine Nachricht, eine bessere Antwort',
    stop: 'Die Antwort anhalten, oder das Bearbeiten aufgeben',
    editLast: 'Deine letzte Nachricht bearbeiten (im leeren Nachrichtenfeld)',
    again: 'Die letzte Nachricht noch einmal beantworten',
    copy: 'Die letzte Antwort kopieren',
    branchBefore: 'Der Zweig davor',
    branchAfter: 'Der Zweig danach',
  },
}
