/** A bill of materials in CycloneDX: npm's own, cut down to what is shipped, and the crates of the native addon. */
import { spawnSync } from 'node:child_process'
import type { Shipped } from './shipped.ts'

interface Component {
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly 'bom-ref': string
}
interface Bill {
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** @throws Error where npm can't be run, or does not know what is shipped */
export function billOfMaterials(packages: readonly Shipped[], crates: readonly Shipped[]): object {
  const bill = npmBill()
  const shipped = new Set(packages.map(({ name, version }) => `pkg:npm/${purlName(name)}@${version}`))
  const components = bill.components.filter(({ purl }) => shipped.has(purl))
  const listed = new Set(components.map(({ purl }) => purl))
  const missing = [...shipped].filter((purl) => !listed.has(purl))
  if (missing.length > 0) throw new Error(`npm sbom does not list ${missing.join(', ')}`)
  const references = new Set(components.map((component) => component['bom-ref']))
  return {
    ...bill,
    components: [...components, ...crates.map(crateComponent)],
    dependencies: bill.dependencies
      .filter(({ ref }) => references.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => references.has(other)) })),
  }
}

function npmBill(): Bill {
  // Under `npm run` npm says where it is; it is a shell script or a .cmd file else.
  const own = process.env['npm_execpath']
  const options = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application']
  const { status, stdout, stderr } =
    own === undefined
      ? spawnSync(`npm ${options.join(' ')}`, { encoding: 'utf8', maxBuffer: 100_000_000, shell: true })
      : spawnSync(process.execPath, [own, ...options], { encoding: 'utf8', maxBuffer: 100_000_000 })
  if (status !== 0) throw new Error(`npm sbom failed:\n${stderr.slice(0, 500)}`)
  return JSON.parse(stdout) as Bill
}

function purlName(name: string): string {
  return name.replace('@', '%40')
}

function crateComponent({ name, version, licence }: Shipped): object {
  return {
    'bom-ref': `cargo:${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: `pkg:cargo/${name}@${version}`,
    licenses: [{ expression: licence.replaceAll('/', ' OR ') }],
  }
}
