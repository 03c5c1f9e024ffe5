import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runChild } from '../runner/child.ts'

/** What npm scripts do: `node src-main/hosts/run.mjs ENTRY ...`; a Node that calls itself another version, if given. */
function start(claimedVersion: string | null, ...entry: string[]): ReturnType<typeof runChild> {
  const claim = `Object.defineProperty(process, 'versions', { value: { node: '${claimedVersion}' } })`
  const preload = claimedVersion === null ? [] : ['--import', `data:text/javascript,${claim}`]
  return runChild(process.execPath, [...preload, 'src-main/hosts/run.mjs', ...entry], { echo: false })
}

test('the entry runs as if it had been started itself', async () => {
  const { code, output } = await start(null, 'test/hosts/children/echo.ts', '--flag', 'value')
  const entry = resolve('test/hosts/children/echo.ts')
  expect({ code, said: JSON.parse(output) }).toEqual({
    code: 0,
    said: { entry, argv: [entry, '--flag', 'value'] },
  })
})

test.each(['18.20.8', '20.20.2', '22.18.0'])('Node %s is told apart in one line', async (version) => {
  const { code, output } = await start(version, 'test/hosts/children/echo.ts')
  expect(code).toBe(1)
  expect(output.trim().split('\n')).toHaveLength(1)
  expect(output).toContain(`needs Node 24 or newer to run from source, and this is Node ${version}`)
})

test.each(['24.0.0', '25.1.0'])('Node %s is new enough', async (version) => {
  expect((await start(version, 'test/hosts/children/echo.ts')).code).toBe(0)
})
