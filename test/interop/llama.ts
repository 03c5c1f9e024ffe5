import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { llamaFolder } from './environment.ts'
import type { Program } from './program.ts'

/** The part of node-llama-cpp that is used. */
interface LlamaModule {
  getLlama(options: { gpu: false; build: 'never'; logLevel: 'error' }): Promise<{
    loadModel(options: { modelPath: string }): Promise<{
      createContext(options: {
        contextSize: number
        threads: number
        flashAttention: false
        lora?: { adapters: { filePath: string }[] }
      }): Promise<{ getSequence(): Sequence }>
      dispose(): Promise<void>
    }>
  }>
}

interface Sequence {
  clearHistory(): Promise<void>
  controlledEvaluate(
    input: readonly [number, { generateNext: { logits: true } }][],
  ): Promise<readonly { next: { logits?: ReadonlyMap<number, number> } }[]>
}

const contextSize = 512

/** llama.cpp, as node-llama-cpp brings it. */
export async function startLlama(): Promise<Program> {
  const entry = createRequire(join(llamaFolder(), 'package.json')).resolve('node-llama-cpp')
  const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaModule
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' })
  return {
    name: 'llama.cpp',
    async logits({ model: modelPath, adapter, prompts }) {
      const model = await llama.loadModel({ modelPath })
      const lora = adapter === null ? {} : { lora: { adapters: [{ filePath: adapter }] } }
      const context = await model.createContext({ contextSize, threads: 2, flashAttention: false, ...lora })
      const sequence = context.getSequence()
      const results: Float32Array[] = []
      for (const prompt of prompts) {
        await sequence.clearHistory()
        const outputs = await sequence.controlledEvaluate(
          prompt.map((token) => [token, { generateNext: { logits: true } }]),
        )
        results.push(joined(outputs.map(({ next }) => next.logits)))
      }
      await model.dispose()
      return results
    },
    close: async () => {},
  }
}

/** The logits of one token after the other in the order of the vocabulary; they come in the order of their size. */
function joined(rows: readonly (ReadonlyMap<number, number> | undefined)[]): Float32Array {
  const vocabularySize = rows[0]?.size ?? 0
  const logits = new Float32Array(rows.length * vocabularySize).fill(NaN)
  for (const [place, row] of rows.entries()) {
    for (const [token, logit] of row ?? []) logits[place * vocabularySize + token] = logit
  }
  return logits
}
