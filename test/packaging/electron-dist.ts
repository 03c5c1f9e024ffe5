/** The little of Electron's downloads that packing looks at, where the downloads themselves can't be had. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NtExecutable, NtExecutableResource, Resource } from 'resedit'

/** Where the fuses lie in Electron's binary: after this mark, a version, their number, a character each. */
export const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const fusesAsShipped = '101100110'
const fuses = Buffer.from(
  `${fuseMark}\x01${String.fromCharCode(fusesAsShipped.length)}${fusesAsShipped}`,
  'latin1',
)

/** Writes what stands in for the download of a system into a folder. */
export async function writeElectronDist(platform: 'linux' | 'win' | 'mac', directory: string): Promise<void> {
  for (const [path, content] of Object.entries(files[platform]())) {
    const file = join(directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content, { mode: 0o755 })
  }
}

const files = {
  linux: () => ({ electron: fuses, 'locales/en-US.pak': '', 'resources/readme': '' }),
  win: () => ({ 'electron.exe': windowsProgram(), 'locales/en-US.pak': '', 'resources/readme': '' }),
  mac: macBundle,
}

/** A program with nothing but the resources that Windows shows, and Electron's fuses after them. */
function windowsProgram(): Buffer {
  const program = NtExecutable.createEmpty(false, false)
  const resources = NtExecutableResource.from(program)
  const version = Resource.VersionInfo.createEmpty()
  version.setStringValues({ lang: 1033, codepage: 1200 }, { ProductName: 'Electron' })
  version.outputToResourceEntries(resources.entries)
  resources.outputResource(program)
  program.setExtraData(fuses)
  return Buffer.from(program.generate())
}

function macBundle(): Record<string, string | Buffer> {
  const contents = 'Electron.app/Contents'
  const helpers = ['', ' (GPU)', ' (Plugin)', ' (Renderer)'].map((kind) => `Electron Helper${kind}`)
  return {
    [`${contents}/Info.plist`]: propertyList('Electron'),
    [`${contents}/MacOS/Electron`]: '',
    [`${contents}/Resources/electron.icns`]: '',
    [`${contents}/Resources/en.lproj/locale.pak`]: '',
    [`${contents}/Frameworks/Electron Framework.framework/Electron Framework`]: fuses,
    ...Object.fromEntries(
      helpers.flatMap((name) => [
        [`${contents}/Frameworks/${name}.app/Contents/Info.plist`, propertyList(name)],
        [`${contents}/Frameworks/${name}.app/Contents/MacOS/${name}`, ''],
      ]),
    ),
  }
}

function propertyList(name: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>CFBundleExecutable</key><string>${name}</string><key>CFBundleName</key><string>${name}</string></dict></plist>
`
}
