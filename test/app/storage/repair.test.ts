import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { backUpAutomatically } from '../../../src-main/app/storage/automatic-backup.ts'
import { connect } from '../../../src-main/app/storage/connection.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { breakPage } from './break-page.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { filledStorage, say } from './filled-folder.ts'

const count = 400
const words = (index: number) => `message ${index} ${'about the porch '.repeat(20)}`

/** A folder with many messages, closed; with an automatic copy of it where asked for. */
function folder(withCopy: boolean) {
  const directory = temporaryFolder()
  const path = join(directory, 'veranda.sqlite')
  const storage = filledStorage(directory)
  for (let i = 0; i < count; i++) say(storage, 'c1', words(i), `n${i}`)
  storage.close()
  if (withCopy) {
    const connection = connect(path)
    backUpAutomatically(connection)
    connection.close()
  }
  return { directory, path }
}

describe('a damaged database', () => {
  it('loses at most the broken page where there is no copy, and is kept as it was', () => {
    const { directory, path } = folder(false)
    const broken = breakPage(path, 'message 200 about')
    const storage = openStorage(directory)
    const { repair } = storage
    expect(repair).toMatchObject({ backupPath: null })
    expect(readFileSync(repair?.quarantine ?? '').equals(broken)).toBe(true)
    const left = storage.messages.list('c1').length
    expect(left).toBeLessThan(count + 2)
    expect(left).toBeGreaterThan(count - 20)
    expect(storage.search.find('bramble')).toHaveLength(1)
    expect(storage.adapters.file('a1')).toBeDefined()
    storage.close()
    const again = openStorage(directory)
    expect(again.repair).toBe(null)
    again.close()
  })

  it('is whole again where a copy has what is missing', () => {
    const { directory, path } = folder(true)
    const later = openStorage(directory)
    say(later, 'c1', 'said after the copy', 'late')
    later.close()
    breakPage(path, 'message 200 about')
    const storage = openStorage(directory)
    expect(storage.repair?.backupPath).toMatch(/layout-\d+/)
    expect(storage.messages.list('c1')).toHaveLength(count + 3)
    storage.close()
  })

  it('comes back from the copy where nothing of it can be read', () => {
    const { directory, path } = folder(true)
    writeFileSync(path, Buffer.alloc(8192, 'not a database '))
    const storage = openStorage(directory)
    expect(storage.repair).toMatchObject({ savedRows: 0 })
    expect(storage.messages.list('c1')).toHaveLength(count + 2)
    storage.close()
  })

  it('begins anew where there is neither, and keeps the file', () => {
    const directory = temporaryFolder()
    const content = Buffer.alloc(8192, 'not a database ')
    writeFileSync(join(directory, 'veranda.sqlite'), content)
    const storage = openStorage(directory)
    expect(storage.conversations.list()).toEqual([])
    const [name = ''] = readdirSync(join(directory, 'quarantine'))
    expect(readFileSync(join(directory, 'quarantine', name)).equals(content)).toBe(true)
    storage.close()
  })

  it('that was being replaced when the process died is replaced at the next start', () => {
    const { directory, path } = folder(false)
    // As if it had died after the damaged file was moved away.
    renameSync(path, `${path}.rebuilt`)
    const storage = openStorage(directory)
    expect(storage.messages.list('c1')).toHaveLength(count + 2)
    expect(existsSync(`${path}.rebuilt`)).toBe(false)
    storage.close()
  })
})
