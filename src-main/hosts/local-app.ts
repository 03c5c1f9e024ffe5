import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openApp, type App } from '../app/app.ts'
import type { ServeApi } from '../app/settings/api-service.ts'
import { dataDirectory } from '../app/data-directory.ts'
import type { DeviceChoice } from '../contract/devices.ts'
import { connectEngine } from '../engine/client.ts'
import { forkEngine } from './node-engine-process.ts'

const root = new URL('../../', import.meta.url)

/** The folder of the sample data and the model catalogue. */
export const resourcesDirectory = fileURLToPath(new URL('resources', root))
/** The folder of the built screens. */
export const rendererDirectory = fileURLToPath(new URL('out/renderer', root))

export interface LocalOptions {
  readonly exact?: boolean
  readonly device?: DeviceChoice | null
  readonly serveApi?: ServeApi
}

/**
 * Opens the app from the sources, with the engine as a forked process.
 *
 * @param askedDirectory the data folder that was asked for (`--data-dir`)
 * @param options exact: the engine computes in float32 throughout (`--exact`); device: `--device`; serveApi: for as
 *   long as the app runs
 */
export async function openLocalApp(askedDirectory: string | null, options: LocalOptions = {}): Promise<App> {
  const { exact = false, device = null, serveApi } = options
  return await openApp({
    dataDirectory: dataDirectory(process.env, askedDirectory),
    resourcesDirectory,
    engine: connectEngine(() => forkEngine(undefined, { exact })),
    engineOn: (other) => connectEngine(() => forkEngine(undefined, { exact, device: other })),
    device,
    version: await version(),
    ...(serveApi === undefined ? {} : { serveApi }),
  })
}

export async function version(): Promise<string> {
  const text = await readFile(new URL('package.json', root), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
