/**
 * Importing, chatting, training and measuring ask nothing of the network, in any of the app's processes.
 *
 * Where Linux lets a user have a network of their own, the kernel counts for us, native libraries included; what
 * Node itself tries is watched everywhere.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runChild } from '../../runner/child.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const script = join(import.meta.dirname, 'children/use-the-app.ts')
const guard = new URL('children/no-network.ts', import.meta.url).href
/** Runs what follows in a network that has nobody else in it. */
const alone = ['unshare', '--user', '--map-root-user', '--net'] as const
const canBeAlone = spawnSync(alone[0], [...alone.slice(1), 'true']).status === 0

async function run(prefix: readonly string[], environment: Record<string, string>, task: string) {
  const [command, ...given] = [...prefix, process.execPath, script, temporaryFolder(), task]
  const { code, output } = await runChild(command, given, { echo: false, environment })
  expect(code, output).toBe(0)
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
}

const used = { status: 'done', log: [] }

describe('with no network', { timeout: 120_000 }, () => {
  it('Node is asked for no connection and no name', async () => {
    const attempts = join(temporaryFolder(), 'attempts')
    const environment = { NETWORK_ATTEMPTS: attempts, NODE_OPTIONS: `--import ${guard}` }
    expect(await run([], environment, 'use')).toMatchObject(used)
    expect(existsSync(attempts)).toBe(false)
    // The watch itself, watched.
    expect(await run([], environment, 'reach-out')).toMatchObject({ failed: true })
    expect(readFileSync(attempts, 'utf8')).toContain('connect to 192.0.2.1')
  })

  it.skipIf(!canBeAlone)('the kernel counts not one attempt [needs a network namespace]', async () => {
    const silent = { noRoute: 0, packets: 0, connections: 0, datagrams: 0 }
    expect(await run(alone, {}, 'use')).toMatchObject({ ...used, kernel: silent })
    const { kernel } = await run(alone, {}, 'reach-out')
    expect(kernel).not.toEqual(silent)
  })
})
