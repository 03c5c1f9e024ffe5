/** The licences of everything that is shipped, in one text, as the licences ask for. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Shipped } from './shipped.ts'

const licenceFile = /^(licen[cs]e|copying|notice|unlicense|copyright|third[-_ ]?party)/i

/** A heading a package, then its texts. Equal texts stand once. */
export function licenceTexts(packages: readonly Shipped[]): string {
  const byText = new Map<string, Shipped[]>()
  for (const shipped of packages) {
    const text = textsOf(shipped)
    byText.set(text, [...(byText.get(text) ?? []), shipped])
  }
  const parts = [...byText].map(([text, sharing]) => {
    const names = sharing.map(({ name, version, licence }) => `${name} ${version} (${licence})`)
    return `${names.join('\n')}\n\n${text}\n`
  })
  const rule = `\n${'='.repeat(80)}\n\n`
  return `Veranda is built of the work of others. These are their licences.\n${rule}${parts.join(rule)}`
}

/** For packages that name the licence and bring no text of it. */
const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`

function textsOf({ name, directory, licence }: Shipped): string {
  const files = readdirSync(directory)
    .filter((name) => licenceFile.test(name) && statSync(join(directory, name)).isFile())
    .toSorted()
  if (files.length === 0) {
    if (!/\bMIT\b/.test(licence)) throw new Error(`${name} is under ${licence} and brings no text of it.`)
    return `Copyright (c) the authors of the package\n\n${mit}`
  }
  return files
    .map((name) => readFileSync(join(directory, name), 'utf8').replaceAll('\r\n', '\n').trim())
    .join('\n\n')
}
