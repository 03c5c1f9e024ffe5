import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toSentence } from '../../src-main/contract/sentence.ts'
import { Failure } from '../../src-main/contract/failure.ts'
import type {
  Engine,
  ModelSummary,
  OperationEvent,
  OperationInput,
  OperationName,
  OperationResult,
  Parity,
  TrainEvent,
  TrainResult,
} from '../../src-main/engine/contract.ts'
import type { ProbeResult } from '../../src-main/engine/device-contract.ts'

type Operation<K extends OperationName> = (
  input: OperationInput<K>,
  signal: AbortSignal,
) => AsyncGenerator<OperationEvent<K>, OperationResult<K>>

export type Operations = { [K in OperationName]: Operation<K> }

export interface EngineStandIn extends Engine {
  /** May be replaced during a test. */
  readonly operations: Operations
  /** What was asked, in order. */
  readonly calls: { readonly operation: OperationName; readonly input: unknown }[]
}

export const summary: ModelSummary = {
  name: 'Tiny',
  architecture: 'llama',
  parameterCount: 1000,
  layerCount: 2,
  hiddenSize: 16,
  vocabularySize: 100,
  contextLength: 512,
  quantization: toSentence('F32'),
  sizeBytes: 4000,
  sourceHash: 'ab'.repeat(32),
}

export const estimated: OperationResult<'estimate'> = {
  steps: 3,
  tokens: 300,
  trainableParameters: 6,
  measuredSteps: 2,
  tokensPerSecond: 100,
  trainingMs: 3000,
  otherMs: 500,
  peakMemoryBytes: 1_000_000,
  availableMemoryBytes: 8_000_000,
  longestTokens: 20,
  passTokens: 100,
  fits: 'yes',
}

export const adapterBytes = Buffer.from('the vectors of an adapter')

const parity: Parity = {
  prompts: 5,
  tokens: 80,
  largestDifference: 1e-5,
  meanDivergence: 1e-10,
  largestDivergence: 1e-9,
  sameChoices: 1,
}

export const probed: ProbeResult = {
  runtime: 'native',
  runtimeReason: null,
  failure: null,
  errors: null,
  promptTokensPerSecond: 200,
  tokensPerSecond: 20,
  trainingTokensPerSecond: 100,
  peakMemoryBytes: 1,
}

/** The app's side of the engine contract, played in this process: what the app does is under test, not this. */
export function engineStandIn(): EngineStandIn {
  const operations: Operations = {
    async *importModel({ targetDirectory, name }) {
      writeFileSync(join(targetDirectory, 'model.json'), '{}')
      yield { doneBytes: 10, totalBytes: 10 }
      return { ...summary, name }
    },
    async *chat({ messages }, signal) {
      const words = ['You said: ', messages.at(-1)?.content ?? '']
      for (const [index, text] of words.entries()) {
        if (signal.aborted) return chatResult(words.slice(0, index).join(''), 'stopped')
        yield { text }
      }
      return chatResult(words.join(''), 'end')
    },
    async *train({ runDirectory }, signal) {
      yield { type: 'prepared', steps: 3, trainableParameters: 6, resumedAtStep: 0 }
      yield { type: 'measured', step: 0, set: 'training', loss: 4 }
      for (let step = 1; step <= 3; step++) {
        if (signal.aborted)
          return { ...trained(runDirectory), status: 'stopped', step: step - 1, adapterPath: null }
        yield trainStep(step, 3)
      }
      return trained(runDirectory)
    },
    async *estimate() {
      yield { share: 0.5 }
      return estimated
    },
    async *evaluate({ examples }) {
      yield { doneTokens: 1, totalTokens: 1 }
      return { meanLoss: 0.5, tokens: examples.length, perplexity: Math.exp(0.5) }
    },
    async *maskExamples({ examples }) {
      return { examples: examples.map(({ id }) => ({ id, tokens: [{ text: 'A', scored: true }] })) }
    },
    async *countTokens({ examples }) {
      return {
        counts: examples.map(({ messages }) => ({
          tokens: messages.reduce((sum, { content }) => sum + content.length, 0),
          learned: messages.at(-1)?.content.length ?? 0,
          failure: null,
        })),
      }
    },
    async *exportBundle({ path }) {
      yield { share: 1 }
      return { path, sizeBytes: 1000 }
    },
    async *exportAdapter({ path }) {
      yield { phase: 'write', share: 1 }
      writeFileSync(path, adapterBytes)
      return { path, sizeBytes: adapterBytes.length, parity, withoutAdapter: null }
    },
    async *inspectAdapter() {
      return {
        name: 'Pim',
        baseModelHash: summary.sourceHash,
        baseModelName: 'Tiny',
        baseModelArchitecture: 'llama',
      }
    },
    async *importAdapter({ targetPath }) {
      writeFileSync(targetPath, adapterBytes)
      return {
        rank: 4,
        targets: ['q_proj', 'v_proj'],
        projectionKey: 7,
        parameterCount: 6,
        sizeBytes: adapterBytes.length,
      }
    },
    async *blendAdapters({ adapters, targetPath }) {
      const bytes = Buffer.from(JSON.stringify(adapters.map(({ strength }) => strength)))
      writeFileSync(targetPath, bytes)
      return {
        rank: 4,
        targets: ['q_proj', 'v_proj'],
        projectionKey: 7,
        parameterCount: 12,
        sizeBytes: bytes.length,
      }
    },
    async *listDevices() {
      return { devices: ['cpu', 'webgpu'], libraryVersion: '1.0' }
    },
    async *probe() {
      yield { stage: 'chat' }
      return probed
    },
    async *releaseModel() {
      return null
    },
  }
  const calls: EngineStandIn['calls'] = []
  const closing = new AbortController()
  return {
    operations,
    calls,
    async *run(operation, input, signal) {
      calls.push({ operation, input })
      if (closing.signal.aborted) throw new Failure('engine-closed', 'The engine was closed.')
      const signals = signal === undefined ? [closing.signal] : [closing.signal, signal]
      return yield* operations[operation](input, AbortSignal.any(signals))
    },
    async close() {
      closing.abort()
    },
  }
}

export function chatResult(text: string, stopReason: 'end' | 'stopped'): OperationResult<'chat'> {
  return {
    text,
    stopReason,
    promptTokens: 5,
    leftOutMessages: 0,
    reusedTokens: 0,
    generatedTokens: 4,
    prefillMs: 10,
    decodeMs: 200,
  }
}

export function trainStep(step: number, steps: number): TrainEvent {
  return {
    type: 'step',
    step,
    steps,
    epoch: 0,
    loss: 4 / (step + 1),
    learningRate: 0.01,
    preference: null,
    gradientNorm: 1,
    tokensPerSecond: 100,
    elapsedMs: step * 10,
    remainingMs: (steps - step) * 10,
  }
}

/** Writes the adapter file, as a finished run does. */
export function trained(runDirectory: string): TrainResult {
  const adapterPath = join(runDirectory, 'adapter.safetensors')
  writeFileSync(adapterPath, adapterBytes)
  return {
    status: 'done',
    step: 3,
    steps: 3,
    tokensPerSecond: 120,
    peakMemoryBytes: 1_000_000,
    lossBefore: 4,
    lossAfter: 0.2,
    heldOutLossBefore: null,
    heldOutLossAfter: null,
    keptStep: null,
    seedResults: [],
    notices: [],
    preference: null,
    trainableParameters: 6,
    adapterPath,
    adapterBytes: adapterBytes.length,
  }
}
