/** A Chromium for browser tests: the machine's own, else the one that comes with the npm package on Linux x64. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { carriedLibraries, hasPackedChromium, unpackChromium } from '../packed-chromium.ts'

export type Launched =
  | { readonly browser: Browser }
  /** Why there is no browser on this machine. */
  | { readonly browser: null; readonly reason: string }

interface Candidate {
  readonly executablePath: string
  readonly env: Readonly<Record<string, string>>
}

const systemPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
/** `CHROMIUM` names another browser than the one that would be found. */
export async function launchChromium(): Promise<Launched> {
  const problems: string[] = []
  for (const candidate of await candidates()) {
    try {
      const browser = await chromium.launch({
        executablePath: candidate.executablePath,
        env: { ...definedEnvironment(), ...candidate.env },
        // The tests open nothing but the app's own page; in containers the sandbox is often not allowed.
        args: ['--no-sandbox', '--disable-gpu'],
      })
      return { browser }
    } catch (error) {
      problems.push(`${candidate.executablePath}: ${String(error).split('\n')[0]}`)
    }
  }
  const reason = problems.length > 0 ? problems.join('; ') : 'no Chromium was found'
  return { browser: null, reason: `${reason}. Install Chromium, or name one in CHROMIUM.` }
}

async function candidates(): Promise<Candidate[]> {
  const named = process.env['CHROMIUM']
  if (named !== undefined) return [{ executablePath: named, env: {} }]
  const system = systemPaths.find((path) => existsSync(path))
  if (system !== undefined) return [{ executablePath: system, env: {} }]
  if (!hasPackedChromium) return []
  const folder = await unpackChromium()
  const executablePath = join(folder, 'chromium')
  const fonts = existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') }
  return [
    { executablePath, env: fonts },
    // Machines without nss, nspr and expat: the package carries them too.
    { executablePath, env: { ...fonts, LD_LIBRARY_PATH: carriedLibraries(folder) } },
  ]
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
