/** Asks before the page runs without Chromium's sandbox. */
import { existsSync, writeFileSync } from 'node:fs'
import { app, dialog } from 'electron'
import { desktopTexts } from '../../texts/desktop.ts'
import { languageOf } from '../../texts/language.ts'

/**
 * Whether the packed app may go on: with the sandbox always; without it, as an AppImage starts the program where the
 * system refuses user namespaces, only if the person agrees.
 *
 * @param agreementFile is there once the person has agreed for good
 */
export async function sandboxedOrAgreed(agreementFile: string): Promise<boolean> {
  if (!app.isPackaged || !app.commandLine.hasSwitch('no-sandbox') || existsSync(agreementFile)) return true
  const words = desktopTexts[languageOf(app.getPreferredSystemLanguages())].noSandbox
  const { response, checkboxChecked } = await dialog.showMessageBox({
    type: 'warning',
    title: 'Veranda',
    message: words.message,
    detail: words.detail,
    buttons: [words.quit, words.start],
    checkboxLabel: words.dontAskAgain,
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  const agrees = response === 1
  if (agrees && checkboxChecked) writeFileSync(agreementFile, '', { mode: 0o600 })
  return agrees
}
