import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { findOwner } from '../../src-main/hosts/connection-owner.ts'
import { listen } from '../../src-main/hosts/loopback.ts'

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 42 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 43 1 0 20 4 30 10 -1
`

test('the owner of a connection is the one of its client’s end', () => {
  expect(findOwner(table, { port: 50_000, serverPort: 8080 })).toBe(1001)
  expect(findOwner(table, { port: 50_001, serverPort: 8080 })).toBeNull()
  expect(findOwner('', { port: 50_000, serverPort: 8080 })).toBeNull()
})

// Only root can act as another user.
describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('a server on this machine', () => {
  const server = createServer((_request, response) => response.end('the page'))
  afterEach(() => void server.close())

  test('answers its own user and no other', async () => {
    const port = await listen(server, 0)
    const ask = async (uid: number): Promise<string> => {
      const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`
      const child = spawn('/bin/bash', ['-c', script], { uid, stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' })
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
      await once(child, 'close')
      return said
    }
    expect(await ask(0)).toContain('the page')
    expect(await ask(65_534)).toBe('')
  })
})
