/**
 * `npm run licences`: fails where something shipped is under a licence that asks for more than we can give.
 * With `--write FOLDER` also writes the texts of all licences and the bill of materials, for the installer.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { billOfMaterials } from './bill-of-materials.ts'
import { isPermitted } from './licence-expression.ts'
import { licenceTexts } from './licence-texts.ts'
import { shippedCrates, shippedPackages } from './shipped.ts'

const { values } = parseArgs({ options: { write: { type: 'string' } } })
const packages = shippedPackages()
const crates = shippedCrates()
if (crates === null) console.error('cargo is not here: the crates of the native addon were left out.')

const shipped = [...packages, ...(crates ?? [])]
const refused = shipped.filter(({ licence }) => !isPermitted(licence))
for (const { name, version, licence } of refused) {
  console.error(`${name} ${version} is under ${licence === '' ? 'no licence that it names' : licence}.`)
}
console.log(
  `${shipped.length} packages are shipped, ${refused.length} of them under a licence that is refused.`,
)
if (refused.length > 0) process.exitCode = 1

if (values.write !== undefined) {
  mkdirSync(values.write, { recursive: true })
  writeFileSync(join(values.write, 'third-party-licences.txt'), licenceTexts(shipped))
  const bill = billOfMaterials(packages, crates ?? [])
  writeFileSync(join(values.write, 'bill-of-materials.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`)
}
