import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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

describe('a large file', () => {
  /** No two kilobytes alike, so that one in another's place is seen. */
  const large = Buffer.concat(
    Array.from({ length: 4096 }, (_, index) => createHash('sha256').update(String(index)).digest()),
  )
  const parallel = { connections: 4, leastBytes: 10_000 }
  const rangesOf = (asked: readonly (string | undefined)[]): [from: number, to: number][] =>
    asked.map((range) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
      return [Number(from), Number(to) + 1]
    })

  async function downloadLarge(options: Partial<FileServerOptions> = {}) {
    const server = await fileServer({ content: large, ...options })
    const partPath = join(temporaryFolder(), 'part')
    const target = { url: server.url, partPath, totalBytes: large.length }
    const run = (signal = new AbortController().signal) =>
      downloadHttps(target, fetch, signal, waitingLimits, parallel)
    const left = (): string[] => readdirSync(join(partPath, '..'))
    const isWhole = (): boolean => readFileSync(partPath).equals(large)
    return { server, partPath, run, left, isWhole }
  }

  it('comes over several connections at once, each with its part', async () => {
    const { server, run, left, isWhole } = await downloadLarge()
    await result(run())
    const quarter = large.length / 4
    expect(rangesOf(server.ranges).toSorted(([a], [b]) => a - b)).toEqual(
      [0, 1, 2, 3].map((index) => [index * quarter, (index + 1) * quarter]),
    )
    expect(isWhole()).toBe(true)
    expect(left()).toEqual(['part'])
  })

  it('goes on in each part where its connection was cut', async () => {
    const { server, run, isWhole } = await downloadLarge({ cuts: [5_000, 0, 20_000] })
    await result(run())
    expect(isWhole()).toBe(true)
    expect(server.ranges).toHaveLength(7)
  })

  it('goes on after a cancel with what is missing', async () => {
    const { server, run, isWhole, left } = await downloadLarge({ stalls: [9_000, 8_000, 7_000, 6_000] })
    const cancel = new AbortController()
    const first = run(cancel.signal)
    await expect(
      (async () => {
        for await (const done of first) if (done === 30_000) cancel.abort()
      })(),
    ).rejects.toThrow()
    expect(left()).toEqual(['part', 'part.ranges'])
    const before = server.ranges.length
    await result(run())
    const asked = rangesOf(server.ranges.slice(before)).map(([from, to]) => to - from)
    expect(asked.reduce((sum, bytes) => sum + bytes, 0)).toBe(large.length - 30_000)
    expect(isWhole()).toBe(true)
    expect(left()).toEqual(['part'])
  })

  it('goes on from the beginning that a single connection left', async () => {
    const { server, partPath, run, isWhole } = await downloadLarge()
    writeFileSync(partPath, large.subarray(0, 50_000))
    await result(run())
    expect(rangesOf(server.ranges).map(([from]) => from)).toContain(50_000)
    expect(isWhole()).toBe(true)
  })

  it('starts again where the record of its parts is damaged', async () => {
    const { partPath, run, isWhole } = await downloadLarge()
    writeFileSync(partPath, Buffer.alloc(large.length))
    writeFileSync(`${partPath}.ranges`, '{"totalBytes":131072,"ranges":[{"start":0,"end":9,"done":0}]}')
    await result(run())
    expect(isWhole()).toBe(true)
  })

  it('comes over one connection from a server that knows no ranges', async () => {
    const { run, isWhole, left } = await downloadLarge({ acceptsRanges: false })
    await result(run())
    expect(isWhole()).toBe(true)
    expect(left()).toEqual(['part'])
  })

  it('is given up when one part brings nothing, and what came stays', async () => {
    const { run, left } = await downloadLarge({ cuts: Array<number>(20).fill(0) })
    expect(await failureCode(() => result(run()))).toBe('download-cut')
    expect(left()).toEqual(['part', 'part.ranges'])
  })

  it('of another size is refused', async () => {
    const { run } = await downloadLarge({ content: Buffer.concat([large, large]) })
    expect(await failureCode(() => result(run()))).toBe('source-mismatch')
  })
})
