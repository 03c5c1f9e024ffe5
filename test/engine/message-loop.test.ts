import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const child = (name: string): string => fileURLToPath(new URL(`children/${name}`, import.meta.url))

test('the engine ends when its parent is gone, cancelling what runs', async () => {
  // A parent that starts an operation which goes on forever, and is killed: the engine holds the pipe open
  // for as long as it lives, so the end of the pipe is the end of the engine.
  const parent = spawn(process.execPath, [child('doomed-parent.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  parent.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  await once(parent, 'close')
  expect(parent.signalCode).toBe('SIGKILL')
  expect(output).toContain('running')
})

test('the engine ignores Ctrl+C, which is its parent’s to handle', async () => {
  const engine = spawn(process.execPath, [child('tiny-engine.ts')], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  engine.send({ kind: 'run', id: 1, operation: 'train', input: {} })
  await once(engine, 'message')
  engine.kill('SIGINT')
  engine.send({ kind: 'run', id: 2, operation: 'nonsense', input: {} })
  expect((await once(engine, 'message'))[0]).toMatchObject({
    kind: 'failure',
    id: 2,
    failure: { code: 'unknown-operation', message: 'The engine has no operation “nonsense”.' },
  })
  engine.send({ kind: 'close' })
  expect(await once(engine, 'close')).toEqual([0, null])
})

test('an engine that is started by hand says so', async () => {
  const engine = spawn(process.execPath, [child('tiny-engine.ts')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  engine.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  expect(await once(engine, 'close')).toEqual([1, null])
  expect(output).toContain('The engine is started by Veranda; it has no use on its own.')
})
