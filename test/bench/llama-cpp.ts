import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The part of node-llama-cpp that is used. */
interface LlamaModule {
  getLlama(options: { gpu: false; build: 'never'; logLevel: 'error' }): Promise<{
    loadModel(options: { modelPath: string }): Promise<{
      createContext(options: { contextSize: number; threads: number }): Promise<{
        getSequence(): Sequence
      }>
      dispose(): Promise<void>
    }>
  }>
}

interface Sequence {
  clearHistory(): Promise<void>
  controlledEvaluate(input: (number | [number, { generateNext: { token: true } }])[]): Promise<unknown>
}

export interface LlamaCpp {
  /** Runs the work over an empty context; each read ends with a choice of the next token. */
  fresh(work: (read: (tokens: readonly number[]) => Promise<unknown>) => Promise<unknown>): Promise<void>
  close(): Promise<void>
}

/** llama.cpp by node-llama-cpp out of the folder `VERANDA_BENCH_LLAMA`; null, with a line that says so, without. */
export async function openLlamaCpp(modelPath: string, threads: number): Promise<LlamaCpp | null> {
  const folder = process.env.VERANDA_BENCH_LLAMA
  if (folder === undefined) {
    console.log('VERANDA_BENCH_LLAMA is not set: no comparison with llama.cpp.')
    return null
  }
  const entry = createRequire(join(folder, 'package.json')).resolve('node-llama-cpp')
  const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaModule
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' })
  const model = await llama.loadModel({ modelPath })
  const context = await model.createContext({ contextSize: 512, threads })
  const sequence = context.getSequence()
  return {
    async fresh(work) {
      await sequence.clearHistory()
      await work((tokens) =>
        sequence.controlledEvaluate(
          tokens.map((token, place) =>
            place === tokens.length - 1 ? [token, { generateNext: { token: true } }] : token,
          ),
        ),
      )
    },
    close: () => model.dispose(),
  }
}
