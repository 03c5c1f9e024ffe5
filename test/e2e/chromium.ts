/** A Chromium for browser tests: the machine's own, else the one that comes with the npm package on Linux x64. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join, resolve } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

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
/** Where the packed browser is unpacked once; it goes with node_modules. */
const unpackedFolder = resolve('node_modules/.cache/chromium')

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
  if (process.platform !== 'linux' || process.arch !== 'x64') return []
  const executablePath = await unpack()
  const fonts = existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(unpackedFolder, 'fonts') }
  const libraries = [join(unpackedFolder, 'al2023', 'lib'), process.env['LD_LIBRARY_PATH'] ?? '']
  return [
    { executablePath, env: fonts },
    // Machines without nss, nspr and expat: the package carries them too.
    { executablePath, env: { ...fonts, LD_LIBRARY_PATH: libraries.filter(Boolean).join(delimiter) } },
  ]
}

/** Unpacks browser, fonts and libraries beside their place and moves them there: two test files may do it at once. */
async function unpack(): Promise<string> {
  const executablePath = join(unpackedFolder, 'chromium')
  if (existsSync(executablePath)) return executablePath
  await mkdir(dirname(unpackedFolder), { recursive: true })
  const folder = await mkdtemp(`${unpackedFolder}-`)
  const temporary = process.env['TMPDIR']
  // The package unpacks into the temporary folder, whichever that is.
  process.env['TMPDIR'] = folder
  try {
    const { default: packed, inflate } = await import('@sparticuz/chromium')
    await packed.executablePath()
    const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
    await inflate(join(dirname(entry), '..', 'bin', 'al2023.tar.br'))
  } finally {
    if (temporary === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = temporary
  }
  await rename(folder, unpackedFolder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(folder, { recursive: true, force: true })
    if (!existsSync(executablePath)) throw error
  })
  return executablePath
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
