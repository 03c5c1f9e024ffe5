import { BrowserWindow, dialog, type OpenDialogOptions } from 'electron'

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
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
  const options = dialogs[kind]
  const { filePaths } = await (window === undefined
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(window, options))
  return filePaths[0] ?? null
}
