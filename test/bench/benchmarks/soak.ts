import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importTinyModel } from '../../engine/tiny-model-folder.ts'
import type { Study } from '../benchmark.ts'
import { soakChat } from '../soak-chat.ts'
import { runtimeNamed } from './real-model.ts'

/** Memory over many turns. */
export const soak: Study = {
  name: 'soak',
  description:
    '10,000 turns of a tiny model in ever new conversations, and what they add to the memory of the process',
  async run() {
    const runtime = runtimeNamed('veranda')
    if (runtime === null) return null
    const directory = mkdtempSync(join(tmpdir(), 'veranda-bench-'))
    try {
      await importTinyModel(directory)
      return await soakChat(directory, 10_000, runtime)
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}
