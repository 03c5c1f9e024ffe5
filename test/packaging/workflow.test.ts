/** What the machines that build the installers are told to do, where it can't be run here. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

interface Workflow {
  readonly permissions: object
  readonly jobs: Readonly<Record<string, Job>>
}
interface Job {
  readonly needs?: readonly string[]
  readonly steps: readonly { readonly run?: string }[]
  readonly strategy?: { readonly matrix: { readonly include?: readonly object[] } }
}

const { permissions, jobs } = parse(await readFile('.github/workflows/ci.yml', 'utf8')) as Workflow
const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}
const runs = (job: string): string[] => (jobs[job]?.steps ?? []).map(({ run }) => run ?? '')

test('known weaknesses are asked for in all that is installed: much of what is shipped is a development dependency', () => {
  expect(runs('audit').filter((run) => run.startsWith('npm audit'))).toEqual([
    'npm audit',
    'npm audit signatures',
  ])
})

test('nothing is built into an installer that was not tested, audited and checked for its licences', () => {
  expect(jobs['installers']?.needs).toEqual(['test', 'audit'])
  expect(scripts['check']).toContain('npm run licences')
  expect(scripts['dist']).toContain('licences.ts --write')
  expect(permissions).toEqual({ contents: 'read' })
})

test('each system builds its own installers', () => {
  expect(jobs['installers']?.strategy?.matrix.include).toEqual([
    { os: expect.stringContaining('ubuntu'), target: '--linux --x64' },
    { os: expect.stringContaining('windows'), target: '--win --x64' },
    { os: expect.stringContaining('macos'), target: '--mac --arm64' },
  ])
})
