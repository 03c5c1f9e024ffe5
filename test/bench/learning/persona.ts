/** The sample persona: what is learned, and the same in other words. */
import { readFileSync } from 'node:fs'
import type { TrainingExample } from '../../../src-main/engine/contract.ts'

export const persona = readLines('resources/samples/workshop.jsonl')
export const heldOut = readLines('resources/samples/workshop-held-out.jsonl')

function readLines(path: string): readonly TrainingExample[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines.map((line, index) => {
    const { instruction, output } = JSON.parse(line) as {
      readonly instruction: string
      readonly output: string
    }
    return {
      id: `${path} ${index}`,
      messages: [
        { role: 'user', content: instruction },
        { role: 'assistant', content: output },
      ],
    }
  })
}
