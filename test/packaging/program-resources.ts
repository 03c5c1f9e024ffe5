/** What the packed programs of Windows and macOS say of themselves, and of the archive that they will load. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NtExecutable, NtExecutableResource, Resource } from 'resedit'
import type { Packed } from './pack.ts'

export interface ProgramResources {
  readonly name: string
  readonly iconSizes: readonly number[]
  /** The SHA-256 sum of the archive's header; the header has the sums of all files. */
  readonly archiveSum: string
}

export async function windowsResources({ binary }: Packed): Promise<ProgramResources> {
  const { entries } = NtExecutableResource.from(NtExecutable.from(await readFile(binary)))
  const [version] = Resource.VersionInfo.fromEntries(entries)
  const language = version?.getAllLanguagesForStringValues()[0]
  const integrity = entries.find(({ type, id }) => type === 'INTEGRITY' && id === 'ELECTRONASAR')
  if (version === undefined || language === undefined || integrity === undefined)
    throw new Error('The program has no version or no sum of its archive.')
  const sums = JSON.parse(Buffer.from(integrity.bin).toString()) as { file: string; value: string }[]
  const icons = Resource.IconGroupEntry.fromEntries(entries).flatMap((group) => group.icons)
  return {
    name: version.getStringValues(language)['ProductName'] ?? '',
    iconSizes: icons.map(({ width }) => width || 256),
    archiveSum: sums.find(({ file }) => file === 'resources\\app.asar')?.value ?? '',
  }
}

/** As XML: the property list has no other reader on this system. */
export async function bundleProperties({ directory }: Packed): Promise<string> {
  return (await readFile(join(directory, 'Contents/Info.plist'), 'utf8')).replaceAll(/>\s+</g, '><')
}

/** What Electron computes when it starts, and compares. */
export async function archiveSum({ asar }: Packed): Promise<string> {
  const archive = await readFile(asar)
  // A pickled string after the size of its pickle: its length stands 12 bytes in.
  const header = archive.subarray(16, 16 + archive.readUInt32LE(12))
  return createHash('sha256').update(header).digest('hex')
}
