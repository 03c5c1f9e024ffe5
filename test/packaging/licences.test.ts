import { describe, expect, test } from 'vitest'
import { isPermitted } from '../../resources/packaging/licence-expression.ts'
import { licenceTexts } from '../../resources/packaging/licence-texts.ts'
import { shippedCrates, shippedPackages } from '../../resources/packaging/shipped.ts'

describe('a licence', () => {
  test.each([
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['', false],
    ['SEE LICENSE IN LICENSE.txt', false],
    ['MIT/Apache-2.0', true],
    ['(MPL-2.0 OR GPL-2.0-only)', true],
    ['MIT AND GPL-2.0-only', false],
    ['(MIT OR Apache-2.0) AND Unicode-3.0', true],
    ['MIT OR GPL-2.0-only AND AGPL-3.0-only', true],
    ['Apache-2.0 WITH LLVM-exception OR GPL-2.0-only', true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['(MIT', false],
    ['MIT)', false],
    ['MIT MIT', false],
  ])('%s: permitted %s', (expression, permitted) => expect(isPermitted(expression)).toBe(permitted))
})

test('what is shipped is what is required, what the screens bundle, and what these require', () => {
  const names = new Set(shippedPackages().map(({ name }) => name))
  for (const name of [
    'better-sqlite3',
    'onnxruntime-node',
    'onnxruntime-common',
    'electron',
    'svelte',
    'marked',
    'uplot',
    '@lucide/svelte',
  ]) {
    expect(names).toContain(name)
  }
  for (const name of ['vitest', 'vite', 'electron-builder', '@electron/get'])
    expect(names).not.toContain(name)
})

test('each is under a permitted licence, and its text is at hand', () => {
  const shipped = [...shippedPackages(), ...(shippedCrates() ?? [])]
  expect(shipped.filter(({ licence }) => !isPermitted(licence))).toEqual([])
  const texts = licenceTexts(shipped)
  for (const { name, version } of shipped) expect(texts).toContain(`${name} ${version} (`)
})
