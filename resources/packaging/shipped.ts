/** Whose work is in an installer: the packages that the app requires, that the screens bundle, and the addon's crates. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export interface Shipped {
  readonly ecosystem: 'npm' | 'cargo'
  readonly name: string
  readonly version: string
  /** An SPDX expression; empty where the package names none. */
  readonly licence: string
  readonly directory: string
}

interface PackageFile {
  readonly name: string
  readonly version: string
  readonly license?: string | { readonly type?: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const root = resolve(import.meta.dirname, '../..')

/** Sorted by name. */
export function shippedPackages(): Shipped[] {
  const found = new Map<string, Shipped>()
  const visit = (name: string, from: string): void => {
    const directory = findPackage(name, from)
    // An optional one of another system.
    if (directory === null || found.has(directory)) return
    const file = readPackage(directory)
    const licence = typeof file.license === 'object' ? (file.license.type ?? '') : (file.license ?? '')
    found.set(directory, { ecosystem: 'npm', name: file.name, version: file.version, licence, directory })
    // Of Electron's own dependencies, which fetch its binary, nothing is packed.
    if (name === 'electron') return
    const needed = Object.keys({ ...file.dependencies, ...file.optionalDependencies })
    for (const dependency of needed) visit(dependency, directory)
  }
  const { dependencies } = readPackage(root)
  for (const name of [...Object.keys(dependencies ?? {}), ...bundledByScreens(), 'electron'])
    visit(name, root)
  return sorted([...found.values()])
}

/** The crates of the native addon, the macros that wrote parts of it included; null where cargo can't tell. */
export function shippedCrates(): Shipped[] | null {
  const manifest = join(root, 'native/Cargo.toml')
  const options = ['metadata', '--format-version', '1', '--locked', '--manifest-path', manifest]
  const { status, stdout } = spawnSync('cargo', options, { encoding: 'utf8', maxBuffer: 100_000_000 })
  if (status !== 0) return null
  const { packages } = JSON.parse(stdout) as {
    packages: { name: string; version: string; license: string | null; manifest_path: string }[]
  }
  return sorted(
    packages
      .filter(({ name }) => name !== 'veranda-native')
      .map(({ name, version, license, manifest_path }) => ({
        ecosystem: 'cargo',
        name,
        version,
        licence: license ?? '',
        directory: dirname(manifest_path),
      })),
  )
}

/** What the sources of the screens import that is no file of ours. */
function bundledByScreens(): string[] {
  const folder = join(root, 'src-renderer')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(ts|svelte)$/.test(path),
  )
  const imports = files.flatMap((file) => [
    ...readFileSync(join(folder, file), 'utf8').matchAll(
      /(?:from|import|import\()\s*'((?:@[^/']+\/)?[^./'][^/']*)/g,
    ),
  ])
  return [...new Set(imports.map(([, name = '']) => name))].filter((name) => !name.startsWith('node:'))
}

/** As Node looks for it: in the nearest `node_modules` upwards. */
function findPackage(name: string, from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const directory = join(folder, 'node_modules', name)
    if (existsSync(join(directory, 'package.json'))) return directory
    if (folder === dirname(folder)) return null
  }
}

function readPackage(directory: string): PackageFile {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as PackageFile
}

function sorted(packages: Shipped[]): Shipped[] {
  return packages.toSorted((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version))
}
