import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { conversation, say } from '../../app/storage/filled-folder.ts'
import type { Benchmark } from '../benchmark.ts'

const messages = 100_000
const perConversation = 100
const words = 'porch garden letter winter engine bramble yellow house river answer question morning'.split(
  ' ',
)

/** Sixty words, the same for a number every time; every message has one word that no other has. */
function text(number: number): string {
  const drawn = Array.from({ length: 60 }, (_, i) => words[(number * 7 + i * i * 13) % words.length])
  return `${drawn.join(' ')} unique${number}`
}

export const storage: Benchmark = {
  name: 'storage',
  description: `searching ${messages} messages, and starting with them (wanted: 50 ms and 2 s)`,
  async prepare() {
    const directory = await mkdtemp(join(tmpdir(), 'veranda-bench-'))
    const filled = openStorage(directory)
    filled.transaction(() => {
      for (let number = 0; number < messages; number++) {
        const id = `c${Math.floor(number / perConversation)}`
        if (number % perConversation === 0) filled.conversations.insert(conversation(id))
        say(filled, id, text(number), `m${number}`)
      }
    })
    filled.close()
    let open = openStorage(directory)
    const search = (query: string) => () => open.search.find(query)
    return {
      variants: [
        { name: 'a word in one message', run: search('unique54321') },
        { name: 'a word in all messages', run: search('bramble') },
        { name: 'two words, one begun', run: search('yellow gar') },
        {
          name: 'start',
          run() {
            open.close()
            open = openStorage(directory)
            return open.conversations.list()
          },
        },
      ],
      async close() {
        open.close()
        await rm(directory, { recursive: true, force: true })
      },
    }
  },
}
