export const shell = {
  screens: {
    chat: 'Chat',
    teach: 'Teach',
    personalize: 'Personalize',
    assistants: 'Assistants',
    models: 'Models',
    computer: 'This computer',
    settings: 'Settings',
  },
  rail: { label: 'Screens', iconsOnly: 'Show icons only', showNames: 'Show names' },
  connection: {
    stopped: 'Stopped.',
    lostBefore: 'The connection to Veranda was lost before it answered. Try again.',
    lost: 'The connection to Veranda is lost.',
    retrying:
      'It is being tried again. If it stays away, start Veranda again and open the address that it prints.',
  },
  run: {
    waiting: 'waiting',
    preparing: 'preparing',
    personalizing: (name: string) => `Personalizing ${name}`,
    progress: (name: string, left: string) => `Personalizing “${name}”, ${left}`,
    ended: {
      done: (name: string) => `“${name}” has learned from your examples.`,
      failed: (name: string) => `“${name}” could not go on learning.`,
      see: 'See whether it helped.',
      open: 'Open',
    },
  },
}
