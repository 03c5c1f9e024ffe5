import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WriteBehind } from '../../src-main/engine/write-behind.ts'
import { temporaryFolder } from './tiny-chat-model.ts'

test('what is written in any order is there once it is finished', async () => {
  const path = join(temporaryFolder(), 'file')
  const file = new WriteBehind(path)
  await file.write(Buffer.from('world'), 6)
  await file.write(Buffer.from('hello '), 0)
  await file.finish()
  expect(readFileSync(path, 'utf8')).toBe('hello world')
  await file.close()
})

test('a file that is there already is left alone', async () => {
  const path = join(temporaryFolder(), 'file')
  const file = new WriteBehind(path)
  await file.write(Buffer.from('kept'), 0)
  await file.close()
  expect(() => new WriteBehind(path)).toThrow('EEXIST')
  expect(readFileSync(path, 'utf8')).toBe('kept')
})

test('an error of writing comes with the next call', async () => {
  const file = new WriteBehind(join(temporaryFolder(), 'file'))
  // No file is so large.
  const beyond = 2 ** 52
  await file.write(Buffer.from('no room'), beyond)
  await expect(file.write(Buffer.from('more'), 0)).rejects.toMatchObject({ syscall: 'write' })
  await expect(file.finish()).rejects.toMatchObject({ syscall: 'write' })
  await file.close()
})
