/** Asks before the page runs without Chromium's sandbox. */
import { existsSync, writeFileSync } from 'node:fs'
import { app, dialog } from 'electron'
import { prefersGerman } from './start-failure.ts'

const english = {
  message: 'This system keeps Veranda from protecting its window',
  detail:
    'The sandbox, which keeps whatever gets into the window away from your files, can’t be used here. Install Veranda from the deb package, or allow user namespaces (on Ubuntu: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0), and start it again.',
  buttons: ['Quit', 'Start without the sandbox'],
  checkboxLabel: 'Don’t ask again',
}
const german: typeof english = {
  message: 'Auf diesem System kann Veranda sein Fenster nicht schützen',
  detail:
    'Die Sandbox, die alles, was in das Fenster gelangt, von deinen Dateien fernhält, lässt sich hier nicht benutzen. Installiere Veranda aus dem deb-Paket, oder erlaube User-Namespaces (unter Ubuntu: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0), und starte es noch einmal.',
  buttons: ['Beenden', 'Ohne Sandbox starten'],
  checkboxLabel: 'Nicht mehr fragen',
}

/**
 * Whether the packed app may go on: with the sandbox always; without it, as an AppImage starts the program where the
 * system refuses user namespaces, only if the person agrees.
 *
 * @param agreementFile is there once the person has agreed for good
 */
export async function sandboxedOrAgreed(agreementFile: string): Promise<boolean> {
  if (!app.isPackaged || !app.commandLine.hasSwitch('no-sandbox') || existsSync(agreementFile)) return true
  const { response, checkboxChecked } = await dialog.showMessageBox({
    type: 'warning',
    title: 'Veranda',
    ...(prefersGerman(app.getPreferredSystemLanguages()) ? german : english),
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  const agrees = response === 1
  if (agrees && checkboxChecked) writeFileSync(agreementFile, '', { mode: 0o600 })
  return agrees
}
