/** Writes to the data folder without end, and prints each thing once it is committed. Made to be killed. */
import { writeSync } from 'node:fs'
import { openStorage } from '../../../../src-main/app/storage/storage.ts'
import { putAdapter, putExample, say } from '../filled-folder.ts'

const [directory = '', prefix = ''] = process.argv.slice(2)
const storage = openStorage(directory)

// Synchronous: a line that is printed stands for a commit that came before it.
const tell = (line: string): void => void writeSync(1, `${line}\n`)

tell('open')
for (let i = 0; ; i++) {
  const id = `${prefix}-${i}`
  storage.transaction(() => {
    say(storage, 'c1', `said ${id}`, id)
    storage.conversations.setLeaf('c1', id)
    storage.conversations.touch('c1', Date.now())
  })
  tell(`message ${id}`)
  putExample(storage, 'edited', id, i)
  tell(`edit ${id}`)
  if (i % 5 === 0) {
    putAdapter(storage, id, id, Buffer.alloc(50_000, id))
    tell(`adapter ${id}`)
  }
}
