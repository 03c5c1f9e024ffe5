import { createInterface } from 'node:readline'
import { toFailureMessage } from '../../contract/failure.ts'
import { startApiServer } from '../api/server.ts'
import { openLocalApp, rendererDirectory } from '../local-app.ts'
import { openAddress } from './open-address.ts'
import { startBrowserHost } from './server.ts'

export interface BrowserOptions {
  /** 0 is any free port. */
  readonly port: number
  /** Whether to open the default browser. */
  readonly open: boolean
  readonly dataDirectory: string | null
}

/**
 * Runs the app for a browser until Ctrl+C: prints one line with the address, and a new one for every Enter.
 *
 * @throws Failure where the app or the port can't be opened
 */
export async function runBrowserHost({ port, open, dataDirectory }: BrowserOptions): Promise<void> {
  const app = await openLocalApp(dataDirectory, { serveApi: startApiServer })
  const report = (error: unknown): void => console.error(error instanceof Error ? error.stack : error)
  const onGuessing = (): void =>
    console.error(
      'Somebody on this machine tries to guess the address of Veranda. It is no longer good: press Enter for a new one.',
    )
  const { handlers } = app
  const host = await startBrowserHost({ handlers, rendererDirectory, port, report, onGuessing }).catch(
    async (error: unknown) => {
      await app.close()
      throw error
    },
  )

  const address = host.newAddress()
  console.log(`Veranda is at ${address}`)
  if (open) openAddress(address)

  const terminal = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined
  terminal?.on('line', () => console.log(`Veranda is at ${host.newAddress()}`))

  let ending = false
  const end = async (): Promise<void> => {
    // Whoever asks twice does not want to wait for a checkpoint.
    if (ending) process.exit(1)
    ending = true
    terminal?.close()
    await host.close()
    await app.close()
    process.exit(0)
  }
  const onSignal = (): void => {
    end().catch((error: unknown) => {
      console.error(toFailureMessage(error).message)
      process.exit(1)
    })
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}
