/** What the AppImage and the deb hold and say: electron-builder makes them, over stand-ins of its tools. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linuxTools, type LinuxTools } from './linux-tools.ts'
import { pack } from './pack.ts'

const iconSizes = [16, 32, 48, 64, 128, 256, 512]

describe.skipIf(process.platform !== 'linux')('the installers for Linux', () => {
  let work = ''
  let tools: LinuxTools

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'veranda-installers-'))
    tools = await linuxTools(join(work, 'tools'))
    await pack({ platform: 'linux', arch: 'x64' }, work, tools.environment)
  }, 120_000)

  afterAll(() => rm(work, { recursive: true, force: true }))

  const entryOf = async (path: string): Promise<Readonly<Record<string, string>>> => {
    const lines = (await readFile(path, 'utf8')).trim().split('\n')
    expect(lines.shift()).toBe('[Desktop Entry]')
    return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))
  }
  const said = {
    Name: 'Veranda',
    Icon: 'veranda',
    // What Electron tells the desktop by the `desktopName` of package.json: so a window finds its icon.
    StartupWMClass: 'veranda',
    MimeType: 'application/x-veranda-adapter;',
    Categories: 'Utility;',
    Terminal: 'false',
  }

  test('the AppImage starts the program as it is, with its sandbox', async () => {
    const entry = await entryOf(join(tools.appImage, 'veranda.desktop'))
    expect(entry).toMatchObject({ ...said, Exec: 'AppRun %U' })
    const { mode } = await stat(join(tools.appImage, 'AppRun'))
    expect(mode & 0o111).toBe(0o111)
  })

  test('the deb puts the program, its entry and its kind of file on the system', async () => {
    expect(await entryOf(join(tools.deb, 'usr/share/applications/veranda.desktop'))).toMatchObject({
      ...said,
      Exec: '/opt/Veranda/veranda %U',
    })
    expect(await readFile(join(tools.deb, 'usr/share/mime/packages/veranda.xml'), 'utf8')).toMatch(
      /type="application\/x-veranda-adapter"[\s\S]*pattern="\*\.veranda-adapter"/,
    )
    const told = (await readFile(tools.debArguments, 'utf8')).split('\n')
    expect(told).toEqual(
      expect.arrayContaining(['--name', 'veranda', '--license', 'MIT', 'libgtk-3-0', 'libvulkan1']),
    )
  })

  test('both hold the program with its icons in every size', async () => {
    for (const [root, program] of [
      [tools.appImage, tools.appImage],
      [tools.deb, join(tools.deb, 'opt/Veranda')],
    ] as const) {
      for (const size of iconSizes) {
        const icon = await readFile(join(root, `usr/share/icons/hicolor/${size}x${size}/apps/veranda.png`))
        expect(icon.readUInt32BE(16)).toBe(size)
      }
      expect(await readdir(join(program, 'resources'))).toEqual(
        expect.arrayContaining(['app.asar', 'app.asar.unpacked', 'licences', 'resources']),
      )
      expect((await readdir(program)).includes('veranda')).toBe(true)
    }
    // By it the updater tells how it was installed.
    expect(await readdir(join(tools.appImage, 'resources'))).not.toContain('package-type')
  })

  test('the deb lets the sandbox work where user namespaces are restricted', async () => {
    const script = await readFile(join(tools.debScripts, 'install'), 'utf8')
    expect(script).toContain("chmod 4755 '/opt/Veranda/chrome-sandbox'")
    expect(script).toContain("APPARMOR_PROFILE_TARGET='/etc/apparmor.d/veranda'")
    const profile = await readFile(join(tools.deb, 'opt/Veranda/resources/apparmor-profile'), 'utf8')
    expect(profile).toMatch(/profile "veranda" "\/opt\/Veranda\/veranda" flags=\(unconfined\)[\s\S]*userns,/)
  })

  test('removing the deb leaves what a person has made', async () => {
    const script = await readFile(join(tools.debScripts, 'remove'), 'utf8')
    expect(script).toContain('APPARMOR_PROFILE_DEST')
    expect(script).not.toMatch(/\.local|\$HOME|XDG|veranda\/(Data|electron)/)
  })
})
