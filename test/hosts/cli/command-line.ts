/** Runs `veranda` in this process over services that a test gives, and keeps what it printed. */
import { toSentence } from '../../../src-main/contract/sentence.ts'
import { queuedRun } from '../../queued-run.ts'
import { defaultTrainingSettings } from '../../../src-main/app/personalize/default-settings.ts'
import type { Adapter, CatalogueEntry, Model, Run } from '../../../src-main/contract/entities.ts'
import type { Services } from '../../../src-main/app/services.ts'
import type { ChatResult } from '../../../src-main/engine/contract.ts'
import type { LineReader } from '../../../src-main/hosts/cli/chat-session.ts'
import type { ExitCode } from '../../../src-main/hosts/cli/run-command.ts'
import { runVeranda } from '../../../src-main/hosts/cli/veranda.ts'

export interface Printed {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
  /** The data folder that was asked for, if the app was opened. */
  readonly opened: string | null | undefined
  readonly closed: boolean
}

export type GivenServices = { readonly [K in keyof Services]?: Partial<Services[K]> }

export interface Given {
  readonly services?: GivenServices
  readonly lines?: LineReader
  readonly signal?: AbortSignal
  /** Whether stderr is a terminal. */
  readonly terminal?: boolean
}

export async function veranda(argumentList: readonly string[], given: Given = {}): Promise<Printed> {
  let stdout = ''
  let stderr = ''
  let opened: string | null | undefined
  let closed = false
  const code = await runVeranda(argumentList, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text), isTTY: given.terminal ?? false, columns: 60 },
    signal: given.signal ?? new AbortController().signal,
    version: '1.2.3',
    readLines: () => {
      if (given.lines === undefined) throw new Error('The test gives no lines.')
      return given.lines
    },
    openApp: (dataDirectory) => {
      opened = dataDirectory
      // What a test does not give fails loudly where it is called.
      const services = { devices: { fallback: () => null }, ...given.services } as Services
      return Promise.resolve({
        services,
        close: () => {
          closed = true
          return Promise.resolve()
        },
      })
    },
  })
  return { code, stdout, stderr, opened, closed }
}

export const model: Model = {
  id: 'small',
  name: 'Small One',
  architecture: 'llama',
  parameterCount: 135_000_000,
  quantization: toSentence('Q4_1'),
  contextLength: 2048,
  sizeBytes: 98_400_000,
  sourceHash: 'ab',
  createdAt: 0,
}

export const catalogueEntry: CatalogueEntry = {
  id: 'small',
  name: 'Small One',
  description: 'A small model.',
  licence: 'Apache-2.0',
  sizeBytes: 98_400_000,
  parameterCount: 135_000_000,
  installed: false,
  isBeside: false,
  memory: { chatBytes: 700e6, trainingBytes: 1e9, isMeasured: false, machineBytes: 16e9, fits: 'both' },
}

export const adapter: Adapter = {
  id: 'a-1',
  name: 'pim',
  modelId: 'small',
  modelHash: 'ab',
  rank: 64,
  targets: ['q_proj', 'v_proj'],
  projectionKey: 0,
  parameterCount: 200_000,
  sizeBytes: 812_345,
  runId: 'r-1',
  origin: 'trained',
  parents: [],
  notes: '',
  lossBefore: 4.4,
  lossAfter: 0.15,
  createdAt: 0,
}

export const run: Run = {
  ...queuedRun,
  settings: {
    ...defaultTrainingSettings,
    targets: ['q_proj', 'v_proj'],
    learningRate: 0.02,
    epochs: 8,
  },
  createdAt: 1_000,
}

export const answered: ChatResult = {
  text: 'Hello there.',
  stopReason: 'end',
  promptTokens: 5,
  leftOutMessages: 0,
  reusedTokens: 0,
  generatedTokens: 3,
  prefillMs: 1,
  decodeMs: 2,
}
