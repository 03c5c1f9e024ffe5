import { join } from 'node:path'
import { app, BrowserWindow, dialog, type OpenDialogOptions } from 'electron'
import type { DesktopTexts } from '../../texts/desktop.ts'

type PickedKind = 'model' | 'examples'

function dialogOf(kind: PickedKind, words: DesktopTexts['dialogs']): OpenDialogOptions {
  const known = {
    model: { name: words.ggufModels, extensions: ['gguf'] },
    examples: { name: words.exampleFiles, extensions: ['jsonl', 'json', 'csv'] },
  }
  return {
    title: words[kind],
    properties: ['openFile'],
    filters: [known[kind], { name: words.allFiles, extensions: ['*'] }],
  }
}

/** Opens the system's file dialog over the window; null if it is closed without a choice. */
export async function pickFile(kind: PickedKind, words: DesktopTexts['dialogs']): Promise<string | null> {
  const window = theWindow()
  const options = dialogOf(kind, words)
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
