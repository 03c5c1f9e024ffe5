import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testHome } from '../../model-files.ts'
import type { Study } from '../benchmark.ts'
import { shapes, writeRandomModel } from '../random-model.ts'

const child = fileURLToPath(new URL('../children/scale.ts', import.meta.url))

/** Steps of VeRA, rank 256, over 128 tokens, on models of larger shapes; each in a process of its own. */
export const scale: Study = {
  name: 'scale',
  description: 'a training step of models with 1 and 7 billion parameters (random, 4 bits): speed and memory',
  async run() {
    const results: Record<string, unknown> = {}
    for (const [name, config] of Object.entries(shapes)) {
      const directory = join(testHome, 'random-models', name)
      if (!existsSync(directory)) {
        console.error(`Writing a random model of the shape ${name} to ${directory} ...`)
        writeRandomModel(directory, config, name)
      }
      const text = execFileSync(process.execPath, [child, directory], { encoding: 'utf8' })
      results[name] = JSON.parse(text.trim().split('\n').at(-1) ?? '') as unknown
    }
    return results
  },
}
