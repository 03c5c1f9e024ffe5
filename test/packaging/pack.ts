/** Packs the built app as an installer would, over a folder that stands in for Electron's download. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runChild } from '../runner/child.ts'

/** Where the fuses lie in Electron's binary: after this mark, a version, their number, a character each. */
export const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const fusesAsShipped = '101100110'

export interface PackTarget {
  readonly platform: 'linux' | 'win'
  readonly arch: 'x64' | 'arm64'
}

export interface Packed {
  /** The folder that an installer would install. */
  readonly directory: string
  /** The program in it. */
  readonly binary: string
  readonly asar: string
}

/**
 * Runs electron-builder on `out/` up to, and without, the installer itself.
 *
 * @param toolEnvironment where the tools that make the installers are; given, they are made too
 */
export async function pack(
  { platform, arch }: PackTarget,
  workDirectory: string,
  toolEnvironment?: Readonly<Record<string, string>>,
): Promise<Packed> {
  const licences = await runChild(
    process.execPath,
    ['resources/packaging/licences.ts', '--write', 'out/licences'],
    {
      echo: false,
    },
  )
  if (licences.code !== 0) throw new Error(`The licences could not be written:\n${licences.output}`)
  const electron = await standIn(platform, join(workDirectory, 'electron'))
  const output = join(workDirectory, 'packed')
  const { code, output: log } = await runChild(
    process.execPath,
    [
      'node_modules/electron-builder/cli.js',
      `--${platform}`,
      `--${arch}`,
      ...(toolEnvironment === undefined ? ['--dir'] : []),
      '--publish=never',
      `-c.electronDist=${electron}`,
      `-c.directories.output=${output}`,
      // Both read and change a real Windows program.
      ...(platform === 'win' ? ['-c.win.signAndEditExecutable=false', '-c.disableAsarIntegrity=true'] : []),
    ],
    { echo: false, environment: { ...toolEnvironment } },
  )
  if (code !== 0) throw new Error(`electron-builder failed:\n${log}`)
  const directory = join(output, `${platform}${arch === 'x64' ? '' : `-${arch}`}-unpacked`)
  return {
    directory,
    binary: join(directory, platform === 'win' ? 'Veranda.exe' : 'veranda'),
    asar: join(directory, 'resources', 'app.asar'),
  }
}

/** The little of an Electron download that packing looks at. */
async function standIn(platform: PackTarget['platform'], directory: string): Promise<string> {
  await mkdir(join(directory, 'resources'), { recursive: true })
  await mkdir(join(directory, 'locales'))
  await writeFile(
    join(directory, platform === 'win' ? 'electron.exe' : 'electron'),
    `${fuseMark}\x01${String.fromCharCode(fusesAsShipped.length)}${fusesAsShipped}`,
    { encoding: 'latin1', mode: 0o755 },
  )
  return directory
}

/** Every file and folder in the archive, those that lie unpacked beside it included, each with a leading `/`. */
export async function listFiles({ asar }: Packed): Promise<string[]> {
  return (await runAsar('list', asar)).trim().split('\n')
}

/** Writes all of them below a folder. */
export async function extractFiles({ asar }: Packed, directory: string): Promise<void> {
  await runAsar('extract', asar, directory)
}

async function runAsar(...commandArguments: string[]): Promise<string> {
  const cli = 'node_modules/@electron/asar/bin/asar.js'
  const { code, output } = await runChild(process.execPath, [cli, ...commandArguments], { echo: false })
  if (code !== 0) throw new Error(`asar ${commandArguments.join(' ')} failed:\n${output}`)
  return output
}
