import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { modelDirectory } from '../../model-files.ts'
import type { Study } from '../benchmark.ts'
import { median } from '../measure.ts'
import { programs } from './real-model.ts'

const child = fileURLToPath(new URL('../children/load.ts', import.meta.url))
const rounds = 3

interface Load {
  readonly firstTokenMs: number
  readonly memoryBytes: number
}

/** Each time in a process of its own, its start not counted; files are in the system's cache from the first round on. */
export const load: Study = {
  name: 'load',
  group: 'chat',
  description: 'from an unopened model to the first token, and the memory that the process has then',
  async run() {
    if (modelDirectory === null) return null
    const loads = programs.map((): Load[] => [])
    for (let round = 0; round <= rounds; round++) {
      for (const [index, program] of programs.entries()) {
        const text = execFileSync(process.execPath, [child, program], { encoding: 'utf8' })
        const result = JSON.parse(text.trim().split('\n').at(-1) ?? '') as Load
        if (round > 0) loads[index]?.push(result)
      }
    }
    return Object.fromEntries(
      programs.map((program, index) => {
        const of = (key: keyof Load): number =>
          median((loads[index] ?? []).map((one) => one[key]).toSorted((a, b) => a - b))
        return [program, { firstTokenMs: of('firstTokenMs'), memoryMB: of('memoryBytes') / 1e6 }]
      }),
    )
  },
}
