/** Packs the built app as an installer would, over a folder that stands in for Electron's download. */
import { join } from 'node:path'
import { runChild } from '../runner/child.ts'
import { writeElectronDist } from './electron-dist.ts'

export interface PackTarget {
  readonly platform: 'linux' | 'win' | 'mac'
  readonly arch: 'x64' | 'arm64'
}

export interface Packed {
  /** The folder that an installer would install. */
  readonly directory: string
  /** The file in it that has Electron's fuses; on Windows and Linux the program itself. */
  readonly binary: string
  readonly asar: string
  /** What lies beside the archive. */
  readonly resources: string
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
  const electron = join(workDirectory, 'electron')
  await writeElectronDist(platform, electron)
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
      // Signing takes Apple's own tool.
      ...(platform === 'mac' ? ['-c.electronFuses.resetAdHocDarwinSignature=false'] : []),
    ],
    { echo: false, environment: { ...toolEnvironment } },
  )
  if (code !== 0) throw new Error(`electron-builder failed:\n${log}`)
  if (platform === 'mac') {
    const directory = join(output, arch === 'x64' ? 'mac' : `mac-${arch}`, 'Veranda.app')
    const binary = 'Contents/Frameworks/Electron Framework.framework/Electron Framework'
    return packedIn(directory, binary, 'Contents/Resources')
  }
  const directory = join(output, `${platform}${arch === 'x64' ? '' : `-${arch}`}-unpacked`)
  return packedIn(directory, platform === 'win' ? 'Veranda.exe' : 'veranda', 'resources')
}

function packedIn(directory: string, binary: string, resources: string): Packed {
  return {
    directory,
    binary: join(directory, binary),
    asar: join(directory, resources, 'app.asar'),
    resources: join(directory, resources),
  }
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
