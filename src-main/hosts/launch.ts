/** Starts Veranda from its sources: in a window where that is possible, else for the browser. */
import { parseArgs } from 'node:util'
import { Failure, toFailureMessage } from '../contract/failure.ts'
import { runBrowserHost } from './browser/run.ts'
import { hasDisplay } from './display.ts'
import { findElectron, runElectron } from './electron-binary.ts'
import { buildScreens } from './screens-build.ts'

const usage = `npm start -- [--browser] [--no-open] [--port N] [--data-dir FOLDER]

  --browser          use the browser even where a window could be opened
  --no-open          print the address only, open no browser; implies --browser
  --port N           serve the browser on this port of 127.0.0.1; implies --browser
  --data-dir FOLDER  keep everything in this folder`

interface LaunchOptions {
  readonly browser: boolean
  readonly open: boolean
  /** 0 is any free port. */
  readonly port: number
  readonly dataDirectory: string | null
}

export async function launch(argumentList: readonly string[]): Promise<void> {
  try {
    const options = readOptions(argumentList)
    if (options === null) return console.log(usage)
    await buildScreens()
    if (!options.browser && hasDisplay() && (await openWindow(options.dataDirectory))) return
    await runBrowserHost(options)
  } catch (error) {
    console.error(toFailureMessage(error).message)
    process.exitCode = error instanceof Failure && error.code === 'usage' ? 2 : 1
  }
}

/** The options; null where the usage was asked for. */
function readOptions(argumentList: readonly string[]): LaunchOptions | null {
  const values = parse(argumentList)
  if (values.help === true) return null
  const port = Number(values.port ?? 0)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Failure('usage', `--port is a number from 0 to 65535, not “${values.port}”.\n${usage}`)
  }
  return {
    browser: values.browser === true || values['no-open'] === true || values.port !== undefined,
    open: values['no-open'] !== true,
    port,
    dataDirectory: values['data-dir'] ?? null,
  }
}

function parse(argumentList: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argumentList],
      options: {
        browser: { type: 'boolean' },
        'no-open': { type: 'boolean' },
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        help: { type: 'boolean' },
      },
    })
    return values
  } catch (error) {
    throw new Failure('usage', `${toFailureMessage(error).message}\n${usage}`, { cause: error })
  }
}

/** Runs the window to its end; false where it could not be opened. */
async function openWindow(dataDirectory: string | null): Promise<boolean> {
  const binary = await findElectron()
  if (binary === null) {
    console.error('The window needs Electron, which is not here and could not be fetched; using the browser.')
    return false
  }
  const problem = await runElectron(binary, dataDirectory)
  if (problem === null) return true
  console.error(`The window could not be opened (${problem}); using the browser.`)
  return false
}
