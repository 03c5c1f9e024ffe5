export const updates = {
  title: 'Updates',
  text: 'Off asks nobody. Otherwise Veranda asks when it starts, and installs nothing without you.',
  channels: { off: 'Off', stable: 'Stable versions', beta: 'Beta versions too' },
  check: 'Check now',
  checkNeeded: 'Choose which versions first.',
  checkFailed: 'It could not be found out whether there is an update',
  states: {
    unsupported:
      'This Veranda was not installed by an installer that can be updated: update it the way you got it.',
    current: 'This is the newest version.',
    off: '',
  },
  available: (version: string) => `Version ${version} can be installed.`,
  install: (version: string) => `Install ${version} and restart`,
  installing: (done: string, all: string) => `Downloading: ${done} of ${all}`,
  installFailed: 'The update could not be installed',
  show: 'Show',
}
