import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { downloadHttps, waitingLimits } from '../../../src-main/app/models/download-https.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { result } from '../test-app.ts'
import { fileServer, type FileServerOptions } from './file-server.ts'

const content = Buffer.alloc(300_000, 'content')

async function download(options: Partial<FileServerOptions>, limits = waitingLimits) {
  const server = await fileServer({ content, ...options })
  const partPath = join(temporaryFolder(), 'part')
  const target = { url: server.url, partPath, totalBytes: content.length }
  const run = () => result(downloadHttps(target, fetch, new AbortController().signal, limits))
  return { server, partPath, run }
}

describe('a download', () => {
  it('waits no longer than 5 seconds for an answer', () => {
    expect(waitingLimits.answerMs).toBeLessThanOrEqual(5_000)
  })

  it('gives up a server that takes the connection and says nothing, at the first try', async () => {
    // Long enough for the request to leave a busy machine: the first one of a process loads the client.
    const { server, run } = await download({ silent: true }, { answerMs: 1000, stallMs: 1000 })
    expect(await failureCode(run)).toBe('source-unreachable')
    expect(server.ranges).toHaveLength(1)
  })

  it('takes a connection for cut that brings nothing more, and asks for the rest', async () => {
    const { server, partPath, run } = await download({ stalls: [100_000] }, { answerMs: 1000, stallMs: 50 })
    await run()
    expect(server.ranges).toEqual([undefined, 'bytes=100000-'])
    expect(readFileSync(partPath).equals(content)).toBe(true)
  })

  it('gives up after three connections that brought nothing', async () => {
    const { server, run } = await download({ cuts: [0, 0, 0, 0] })
    expect(await failureCode(run)).toBe('download-cut')
    expect(server.ranges).toHaveLength(3)
  })

  it('writes nothing of a file of another size', async () => {
    const { partPath, run } = await download({ content: Buffer.alloc(10) })
    expect(await failureCode(run)).toBe('source-mismatch')
    expect(existsSync(partPath)).toBe(false)
  })
})
