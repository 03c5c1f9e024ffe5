import { join } from 'node:path'
import { app, BrowserWindow, dialog, type OpenDialogOptions } from 'electron'

const dialogs: Readonly<Record<'model' | 'examples', OpenDialogOptions>> = {
  model: {
    title: 'Choose a model',
    properties: ['openFile'],
    filters: [
      { name: 'GGUF models', extensions: ['gguf'] },
      { name: 'All files', extensions: ['*'] },
    ],
  },
  examples: {
    title: 'Choose a file of examples',
    properties: ['openFile'],
    filters: [
      { name: 'Examples', extensions: ['jsonl', 'json', 'csv'] },
      { name: 'All files', extensions: ['*'] },
    ],
  },
}

/** Opens the system's file dialog over the window; null if it is closed without a choice. */
export async function pickFile(kind: 'model' | 'examples'): Promise<string | null> {
  const window = theWindow()
  const options = dialogs[kind]
  const { filePaths } = await (window === undefined
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(window, options))
  return filePaths[0] ?? null
}

/** Asks where something is to be written, in the folder for downloads to begin with; null as above. */
export async function pickTarget(name: string): Promise<string | null> {
  const window = theWindow()
  const options = { defaultPath: join(app.getPath('downloads'), name) }
  const { canceled, filePath } = await (window === undefined
    ? dialog.showSaveDialog(options)
    : dialog.showSaveDialog(window, options))
  return canceled ? null : filePath
}

function theWindow(): BrowserWindow | undefined {
  return BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
}
