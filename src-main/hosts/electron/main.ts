/** The desktop host: one window over the app, with the engine as a utility process. */
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { app, dialog, Menu, session } from 'electron'
import { openApp, type App } from '../../app/app.ts'
import { dataDirectory } from '../../app/data-directory.ts'
import { connectEngine } from '../../engine/client.ts'
import { desktopTexts } from '../../texts/desktop.ts'
import { languageOf } from '../../texts/language.ts'
import { startApiServer } from '../api/server.ts'
import { declareAppScheme, serveAppScheme } from './app-scheme.ts'
import { foldersBeside } from './folders-beside.ts'
import { guardContents, guardSession } from './guard.ts'
import { applicationMenu } from './menu.ts'
import { collectOpenedFiles } from './opened-files.ts'
import { notify } from './notify.ts'
import { pickFile, pickTarget } from './pick-file.ts'
import { sandboxedOrAgreed } from './sandbox-consent.ts'
import { startFailure } from './start-failure.ts'
import { findUpdater } from './updater.ts'
import { forkUtilityEngine } from './utility-engine-process.ts'
import { focusWindow, openWindow } from './window.ts'

const folder = dataDirectory(process.env, askedDirectory())
// The lock of a single instance, and what Chromium stores, belong to the data folder: two folders, two instances.
const chromiumFolder = join(folder, 'electron')
mkdirSync(chromiumFolder, { recursive: true, mode: 0o700 })
app.setPath('userData', chromiumFolder)

app.enableSandbox()
declareAppScheme()
guardContents()

const sendOpenedFiles = collectOpenedFiles()
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', focusWindow)
  app.on('window-all-closed', () => app.quit())
  void app.whenReady().then(start).catch(giveUp)
} else {
  app.quit()
}

async function start(): Promise<void> {
  if (!(await sandboxedOrAgreed(join(chromiumFolder, 'runs-without-sandbox')))) return app.quit()
  const root = app.getAppPath()
  const engineBundle = join(root, 'out/main/engine.js')
  let words = desktopTexts.en
  const updater = app.isPackaged ? await findUpdater(process.resourcesPath) : undefined
  const veranda = await openApp({
    dataDirectory: folder,
    resourcesDirectory: app.isPackaged ? join(process.resourcesPath, 'resources') : join(root, 'resources'),
    engine: connectEngine(() => forkUtilityEngine(engineBundle)),
    engineOn: (device) => connectEngine(() => forkUtilityEngine(engineBundle, { device })),
    version: app.getVersion(),
    besideFolders: app.isPackaged ? foldersBeside({ ...process, environment: process.env }) : [],
    pickFile: (kind) => pickFile(kind, words.dialogs),
    pickTarget,
    exportDirectory: app.getPath('downloads'),
    ...(updater === undefined ? {} : { updater }),
    serveApi: startApiServer,
    notify,
    speak: (language) => {
      words = desktopTexts[language === 'system' ? languageOf(app.getPreferredSystemLanguages()) : language]
      const menu = applicationMenu(process.platform, app.isPackaged, words)
      Menu.setApplicationMenu(Menu.buildFromTemplate(menu))
    },
  })
  closeBeforeQuit(veranda)
  sendOpenedFiles(veranda.openFile)
  guardSession(session.defaultSession)
  serveAppScheme(session.defaultSession, join(root, 'out/renderer'))
  openWindow({
    handlers: veranda.handlers,
    preload: join(root, 'out/preload/index.cjs'),
    stateFile: join(folder, 'window.json'),
    report: (error) => console.error(error),
  })
}

/** The windows are closed by then; a training writes its checkpoint, the database is closed, then the app ends. */
function closeBeforeQuit(veranda: App): void {
  let closed = false
  app.on('will-quit', (event) => {
    if (closed) return
    event.preventDefault()
    closed = true
    void veranda
      .close()
      .catch((error: unknown) => console.error(error))
      .finally(() => app.quit())
  })
}

function giveUp(error: unknown): void {
  console.error(error)
  const { title, text } = startFailure(error, app.getPreferredSystemLanguages())
  dialog.showErrorBox(title, text)
  app.exit(1)
}

/** `--data-dir`; Chromium's own switches and the app's path stand beside it. */
function askedDirectory(): string | null {
  const { values } = parseArgs({
    args: process.argv.slice(1),
    options: { 'data-dir': { type: 'string' } },
    strict: false,
    allowPositionals: true,
  })
  const asked = values['data-dir']
  return typeof asked === 'string' ? asked : null
}
