import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app } from 'electron'

/** What the installer tells the system to open with the app. */
const extension = '.veranda-adapter'

/** The files of ours that a command line names; Chromium's switches and the app's own path stand beside them. */
function namedFiles(argumentList: readonly string[], workingDirectory: string): string[] {
  return argumentList
    .filter((argument) => !argument.startsWith('-') && argument.toLowerCase().endsWith(extension))
    .flatMap((file) => pathOf(file, workingDirectory) ?? [])
}

/** A desktop entry of Linux hands over addresses (`%U`), a shell and Windows paths; null for a file of elsewhere. */
function pathOf(file: string, workingDirectory: string): string | null {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) return resolve(workingDirectory, file)
  try {
    return fileURLToPath(file)
  } catch {
    return null
  }
}

/**
 * Collects the files that the system hands over: by this start's command line, by that of a later one, and on macOS
 * by an event, which may come before the app is ready.
 *
 * @returns where to send them; those that came before are sent at once
 */
export function collectOpenedFiles(): (send: (path: string) => void) => void {
  const waiting = namedFiles(process.argv, process.cwd())
  let deliver = (path: string): void => void waiting.push(path)
  app.on('open-file', (event, path) => {
    event.preventDefault()
    deliver(path)
  })
  app.on('second-instance', (_event, argumentList, workingDirectory) => {
    for (const path of namedFiles(argumentList, workingDirectory)) deliver(path)
  })
  return (send) => {
    deliver = send
    for (const path of waiting.splice(0)) send(path)
  }
}
