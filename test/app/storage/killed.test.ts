/** Processes that are killed in the middle of writing lose nothing that they had committed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../src-main/app/storage/connection.ts'
import { openStorage } from '../../../src-main/app/storage/storage.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { conversation } from './filled-folder.ts'

const kills = 160
/** So many of the whole app, which takes longer to start. */
const killsOfApp = 40
const atOnce = 2
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 2 ** 31)

/** Tommy Ettinger's mulberry32: the seed printed by a failed run gives the same moments again. */
function generator(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Starts a writer, kills it `delayMs` after it began to write; what it said it had committed. */
async function killedWriter(
  program: 'writer' | 'chatting',
  directory: string,
  prefix: string,
  delayMs: number,
): Promise<string[]> {
  const writer = spawn(
    process.execPath,
    [join(import.meta.dirname, `children/${program}.ts`), directory, prefix],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let printed = ''
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (printed === '') setTimeout(() => writer.kill('SIGKILL'), delayMs)
    printed += text
  })
  await once(writer, 'close')
  // A last line without an end was cut: its commit may be there or not.
  return printed.split('\n').slice(1, -1)
}

async function killAgainAndAgain(worker: number, random: () => number): Promise<number> {
  const directory = temporaryFolder()
  openStorageWith(directory)
  const messages = new Set<string>()
  const adapters = new Set<string>()
  let seen = 0
  for (let round = 0; round < kills / atOnce; round++) {
    const committed = await killedWriter('writer', directory, `w${worker}r${round}`, random() * 60)
    const storage = openStorage(directory)
    let edit: string | undefined
    for (const line of committed) {
      const [kind, id = ''] = line.split(' ')
      if (kind === 'message') messages.add(id)
      else if (kind === 'adapter') adapters.add(id)
      else edit = id
    }
    seen += committed.length
    const there = new Set(storage.messages.list('c1').map(({ id }) => id))
    expect([...messages].filter((id) => !there.has(id))).toEqual([])
    expect([...adapters].filter((id) => storage.adapters.file(id)?.file.length !== 50_000)).toEqual([])
    // The edit that was told last, or the one that was killed right after its commit.
    const number = (id: string | undefined): number => Number(id?.split('-')[1] ?? 0)
    const stored = storage.examples.get('edited')?.messages.at(-1)?.content
    if (edit !== undefined) expect(number(stored) - number(edit)).toSatisfy((n: number) => n === 0 || n === 1)
    expect(storage.repair).toBe(null)
    storage.close()
  }
  const connection = connect(join(directory, 'veranda.sqlite'))
  expect(connection.pragma('integrity_check')).toBe('ok')
  expect(connection.pragma('foreign_key_check')).toBe(undefined)
  connection.close()
  return seen
}

function openStorageWith(directory: string): void {
  const storage = openStorage(directory)
  storage.conversations.insert(conversation('c1'))
  storage.close()
}

it(`loses nothing committed in ${kills} kills`, { timeout: 300_000 }, async () => {
  console.log(`seed ${seed}`)
  const workers = Array.from({ length: atOnce }, (_, i) => killAgainAndAgain(i, generator(seed + i)))
  const seen = await Promise.all(workers)
  // The kills fell into the writing, not before it.
  expect(Math.min(...seen)).toBeGreaterThan(kills / 4)
})

async function killTheApp(worker: number, random: () => number): Promise<number> {
  const directory = temporaryFolder()
  openStorageWith(directory)
  const messages = new Set<string>()
  const examples = new Set<string>()
  for (let round = 0; round < killsOfApp / atOnce; round++) {
    const lines = await killedWriter('chatting', directory, `a${worker}r${round}`, random() * 100)
    for (const line of lines) {
      const [kind, id = ''] = line.split(' ')
      if (kind === 'message') messages.add(id)
      else examples.add(id)
    }
    const storage = openStorage(directory)
    const stored = new Map(storage.messages.list('c1').map((message) => [message.id, message]))
    expect([...messages].filter((id) => !stored.has(id))).toEqual([])
    expect([...examples].filter((id) => storage.examples.get(id) === undefined)).toEqual([])
    // An answer is there as a whole or not at all, and the branch that is shown ends with a message that is there.
    for (const { role, content, parentId } of stored.values())
      if (role === 'assistant') expect(content).toBe(`You said: ${stored.get(parentId ?? '')?.content}`)
    const leaf = storage.conversations.get('c1')?.leafId ?? null
    if (stored.size > 0) expect(stored.has(leaf ?? '')).toBe(true)
    expect(storage.repair).toBe(null)
    storage.close()
  }
  return messages.size + examples.size
}

it(
  `loses no message and no example of ${killsOfApp} kills of the app in a chat`,
  { timeout: 120_000 },
  async () => {
    console.log(`seed ${seed}`)
    const workers = Array.from({ length: atOnce }, (_, i) => killTheApp(i, generator(seed + i)))
    const seen = await Promise.all(workers)
    expect(Math.min(...seen)).toBeGreaterThan(killsOfApp / 4)
  },
)
