import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { testHome } from '../model-files.ts'

const version = '3.22.1'

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
  readonly nextTokenIndex: number
  clearHistory(): Promise<void>
  eraseContextTokenRanges(ranges: readonly { readonly start: number; readonly end: number }[]): Promise<void>
  controlledEvaluate(input: (number | [number, { generateNext: { token: true } }])[]): Promise<unknown>
}

export interface LlamaCpp {
  /** Goes on with the text; each read ends with a choice of the next token. */
  read(tokens: readonly number[]): Promise<unknown>
  /** Forgets all tokens from place `length` on. */
  rewind(length: number): Promise<void>
  close(): Promise<void>
}

/** llama.cpp over a GGUF file; null, with a line that says so, where it can't be had. */
export async function openLlamaCpp(
  modelPath: string,
  threads: number,
  contextSize: number,
): Promise<LlamaCpp | null> {
  const folder = findFolder()
  if (folder === null) return null
  const entry = createRequire(join(folder, 'package.json')).resolve('node-llama-cpp')
  const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaModule
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' })
  const model = await llama.loadModel({ modelPath })
  const context = await model.createContext({ contextSize, threads })
  const sequence = context.getSequence()
  return {
    read: (tokens) =>
      sequence.controlledEvaluate(
        tokens.map((token, place) =>
          place === tokens.length - 1 ? [token, { generateNext: { token: true } }] : token,
        ),
      ),
    async rewind(length) {
      const end = sequence.nextTokenIndex
      if (length === 0) await sequence.clearHistory()
      else if (end > length) await sequence.eraseContextTokenRanges([{ start: length, end }])
    },
    close: () => model.dispose(),
  }
}

/** A folder with node-llama-cpp in its node_modules: `VERANDA_BENCH_LLAMA`, else one that is filled once. */
function findFolder(): string | null {
  const given = process.env.VERANDA_BENCH_LLAMA
  if (given !== undefined) return given
  const folder = join(testHome, `node-llama-cpp-${version}`)
  if (existsSync(join(folder, 'node_modules/node-llama-cpp'))) return folder
  console.error(`Fetching node-llama-cpp ${version} into ${folder} …`)
  mkdirSync(folder, { recursive: true })
  const { status } = spawnSync(
    'npm',
    ['install', '--prefix', folder, '--no-audit', '--no-fund', `node-llama-cpp@${version}`],
    { stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' },
  )
  if (status === 0) return folder
  console.error('node-llama-cpp can’t be fetched: no comparison with llama.cpp.')
  return null
}
