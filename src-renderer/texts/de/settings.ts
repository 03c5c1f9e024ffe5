import type { settings as english } from '../en/settings.ts'

export const settings: typeof english = {
  title: 'Einstellungen',
  text: 'Änderungen gelten, sobald du sie machst.',
  failed: 'Die Änderung konnte nicht behalten werden',
  what: 'die Einstellungen',
  appearance: {
    label: 'Aussehen',
    themes: { system: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
  },
  language: { label: 'Sprache', system: 'Wie das System' },
  speed: {
    title: 'Tempo und Speicher',
    fast: {
      label: 'Schneller antworten',
      hint: 'Rechnet mit 8 statt 15 Bit. Etwa drei von hundert Wörtern können anders ausfallen; die Perplexität bleibt bis auf ein halbes Prozent gleich. Ohne die nötigen Befehle des Prozessors hat es keine Wirkung.',
    },
    cache: {
      label: 'Speicher für Bisheriges (MB)',
      hint: 'Unterhaltungen, die darin Platz haben, gehen weiter, ohne neu gelesen zu werden.',
      placeholder: 'von selbst',
    },
  },
  machine: {
    title: 'Dieser Rechner',
    what: 'was die App über sich weiß',
    folder: 'Datenordner',
    engine: 'Rechenwerk',
    engineStates: {
      ready: 'bereit',
      starting: 'startet',
      failed: 'läuft nicht; mit der nächsten Frage wird es neu gestartet',
    },
    version: 'Version',
    text: 'Modelle, Gespräche, Beispiele und Assistenten liegen alle im Datenordner.',
  },
  sampling: {
    title: 'Wie Antworten geschrieben werden',
    text: 'Eine Antwort entsteht Wort für Wort; hier steht, wie frei jedes nächste Wort gewählt wird.',
    off: 'aus',
    temperature: {
      label: 'Freiheit',
      none: 'keine',
      hint: 'Temperature. Keine: immer das wahrscheinlichste Wort, jedes Mal dieselbe Antwort. Höher: überraschender.',
    },
    topK: {
      label: 'Auswahl',
      words: (count) => `${count} Wörter`,
      hint: 'Top-k. Nur so viele der wahrscheinlichsten Wörter kommen in Frage.',
    },
    topP: {
      label: 'Wahrscheinlicher Anteil',
      hint: 'Top-p. Nur die wahrscheinlichsten Wörter, die zusammen so wahrscheinlich sind, kommen in Frage.',
    },
    minP: {
      label: 'Weglassen unter',
      hint: 'Min-p. Wörter, die weniger wahrscheinlich sind als dieser Anteil des wahrscheinlichsten, fallen weg.',
    },
    repeatPenalty: {
      label: 'Wiederholung meiden',
      hint: 'Repeat penalty. Wörter, die eben vorkamen, werden unwahrscheinlicher.',
    },
    maxTokens: {
      label: 'Längste Antwort, in Token',
      hint: 'Ein Token ist etwa drei Viertel eines englischen Wortes.',
    },
    seed: {
      label: 'Seed',
      hint: 'Leer: mit jeder Antwort ein neuer.',
      placeholder: 'jedes Mal neu',
    },
  },
}
