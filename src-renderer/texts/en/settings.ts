export const settings = {
  title: 'Settings',
  text: 'Changes are kept as you make them.',
  failed: 'The change could not be kept',
  what: 'the settings',
  appearance: {
    label: 'Appearance',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  },
  language: { label: 'Language', system: 'As the system' },
  speed: {
    title: 'Speed and memory',
    fast: {
      label: 'Answer faster',
      hint: 'Computes with 8 bits instead of 15. About three of a hundred words may come out differently; perplexity stays within half a percent. It has no effect where the processor lacks the instructions.',
    },
    cache: {
      label: 'Memory for earlier turns (MB)',
      hint: 'Conversations kept in it go on without being read again.',
      placeholder: 'by itself',
    },
  },
  machine: {
    title: 'This machine',
    what: 'what the app knows about itself',
    folder: 'Data folder',
    engine: 'Engine',
    engineStates: {
      ready: 'ready',
      starting: 'starting',
      failed: 'not running; it is started again with the next question',
    },
    version: 'Version',
    text: 'Models, conversations, examples and assistants are all in the data folder.',
  },
  sampling: {
    title: 'How answers are written',
    text: 'An answer is written word by word; these say how freely each next word is chosen.',
    off: 'off',
    temperature: {
      label: 'Freedom',
      none: 'none',
      hint: 'Temperature. None: always the likeliest word, the same answer every time. Higher: more surprising.',
    },
    topK: {
      label: 'Choose among',
      words: (count: number) => `${count} words`,
      hint: 'Top-k. Only this many of the likeliest words are considered.',
    },
    topP: {
      label: 'Likely share',
      hint: 'Top-p. Only the likeliest words that together have this much probability are considered.',
    },
    minP: {
      label: 'Leave out below',
      hint: 'Min-p. Words less likely than this share of the likeliest are left out.',
    },
    repeatPenalty: {
      label: 'Avoid repeating',
      hint: 'Repeat penalty. Words that were just used become less likely.',
    },
    maxTokens: { label: 'Longest answer, in tokens', hint: 'A token is about three quarters of a word.' },
    seed: {
      label: 'Seed',
      hint: 'Leave it empty for a new one with every answer.',
      placeholder: 'new every time',
    },
  },
}
