import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resultOf } from '../../src-main/contract/event-stream.ts'
import { FileHash } from '../../src-main/engine/hash-files.ts'
import { temporaryFolder } from './tiny-chat-model.ts'

test('files are hashed as if they were one, piece by piece', async () => {
  const folder = temporaryFolder()
  const parts = [new Uint8Array(2 ** 22 + 7).fill(3), new Uint8Array(0), new Uint8Array(11).fill(5)]
  const paths = parts.map((bytes, index) => {
    const path = join(folder, String(index))
    writeFileSync(path, bytes)
    return path
  })
  const hash = new FileHash(paths)
  const expected = createHash('sha256')
  for (const part of parts) expected.update(part)
  expect(await resultOf(hash.wait())).toBe(expected.digest('hex'))
  expect(hash.doneBytes).toBe(2 ** 22 + 18)
  await hash.close()
})

test('whoever waits hears of a file that can not be read', async () => {
  const hash = new FileHash([join(temporaryFolder(), 'none')])
  await expect(resultOf(hash.wait())).rejects.toMatchObject({ code: 'ENOENT' })
  await hash.close()
})

test('nothing is left of a hash that is not waited for', async () => {
  const hash = new FileHash([join(temporaryFolder(), 'none')])
  await hash.close()
})
