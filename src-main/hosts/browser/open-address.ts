import { spawn } from 'node:child_process'
import { hasDisplay } from '../display.ts'

/** Opens the address in the default browser, where there is one; the address is printed anyway. */
export function openAddress(address: string): void {
  const opener = openers[process.platform] ?? 'xdg-open'
  const first = process.platform === 'win32' ? ['url.dll,FileProtocolHandler'] : []
  // Without a display xdg-open falls back to a browser inside this terminal.
  if (!hasDisplay()) return
  const child = spawn(opener, [...first, address], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}

const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'open',
  win32: 'rundll32',
}
