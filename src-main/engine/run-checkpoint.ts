import { type Sentence, toSentence } from '../contract/sentence.ts'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { memorySource } from '../core/checkpoint/byte-source.ts'
import { readSafetensors, writeSafetensors } from '../core/checkpoint/safetensors.ts'
import type { HeldOutRecord, KeptVectors } from '../core/training/held-out-record.ts'
import type { OptimizerState } from '../core/training/optimizer.ts'
import type { SeedResult } from './contract.ts'
import { explainDiskFull } from './disk-full.ts'

const checkpointFile = 'checkpoint.safetensors'
const momentPrefix = 'optimizer.'

/** Everything that a run needs to go on exactly as it would have: the order of the data follows from its settings. */
export interface RunCheckpoint {
  readonly vectors: Float32Array
  readonly optimizer: OptimizerState
  /** Their moving average; null where the run has none. */
  readonly average: Float32Array | null
  /** The best so far; null before there is one. */
  readonly kept: KeptVectors | null
  readonly progress: RunProgress
}

export interface RunProgress {
  /** Of the model, the data, their order and the settings. */
  readonly fingerprint: string
  /** The seed that is trained now, counted from 0; as many as there are once all have ended. */
  readonly seedIndex: number
  readonly seedResults: readonly SeedResult[]
  readonly heldOut: HeldOutRecord
  /** Tokens of one pass: fewer since memory ran out. */
  readonly passTokens: number
  /** The base's summed cross entropies of every chosen example and the rejected one after it, nats. */
  readonly reference: readonly number[]
  readonly notices: readonly Sentence[]
  readonly trainedTokens: number
  /** Time spent in steps, over all sessions of the run. */
  readonly elapsedMs: number
  readonly lossBefore: number
  readonly heldOutLossBefore: number | null
}

/** What of a checkpoint is no vector. */
interface StoredProgress {
  readonly step: number
  readonly kept: Omit<KeptVectors, 'vectors'> | null
  readonly progress: RunProgress
}

export function saveCheckpoint(directory: string, checkpoint: RunCheckpoint): void {
  const { vectors, optimizer, average, kept, progress } = checkpoint
  const named: (readonly [string, Float32Array])[] = [['vectors', vectors]]
  for (const [name, moment] of Object.entries(optimizer.moments)) named.push([momentPrefix + name, moment])
  if (average !== null) named.push(['average', average])
  if (kept !== null) named.push(['kept', kept.vectors])
  const tensors = new Map(named.map(([name, data]) => [name, floatTensor(data)]))
  const stored: StoredProgress = {
    step: optimizer.stepCount,
    kept: kept === null ? null : { seedIndex: kept.seedIndex, step: kept.step, loss: kept.loss },
    progress,
  }
  const metadata = new Map([['run', JSON.stringify(stored)]])
  writeDurably(join(directory, checkpointFile), writeSafetensors(tensors, metadata))
}

function floatTensor(data: Float32Array) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { dtype: 'F32' as const, shape: [data.length], bytes }
}

/**
 * The run's checkpoint; null where there is none.
 *
 * @throws Failure `checkpoint-broken`
 */
export function loadCheckpoint(directory: string): RunCheckpoint | null {
  const path = join(directory, checkpointFile)
  if (!existsSync(path)) return null
  try {
    return decodeCheckpoint(readFileSync(path))
  } catch (cause) {
    throw new Failure(
      'checkpoint-broken',
      sentence`The checkpoint ${path} can't be read. Start the run again.`,
      { cause },
    )
  }
}

function decodeCheckpoint(bytes: Uint8Array): RunCheckpoint {
  const file = readSafetensors(memorySource(bytes))
  const floats = (name: string): Float32Array => {
    const tensor = file.tensors.get(name)
    if (tensor === undefined) throw new TypeError(`The tensor ${name} is missing.`)
    // A copy of its own, so that its floats are aligned.
    return new Float32Array(new Uint8Array(tensor.read()).buffer)
  }
  const { step, kept, progress } = JSON.parse(file.metadata.get('run') ?? '') as StoredProgress
  const moments = [...file.tensors.keys()].filter((name) => name.startsWith(momentPrefix))
  return {
    vectors: floats('vectors'),
    optimizer: {
      stepCount: step,
      moments: Object.fromEntries(moments.map((name) => [name.slice(momentPrefix.length), floats(name)])),
    },
    average: file.tensors.has('average') ? floats('average') : null,
    kept: kept === null ? null : { ...kept, vectors: floats('kept') },
    // Those of earlier versions are texts in English.
    progress: { ...progress, notices: progress.notices.map(toSentence) },
  }
}

/** To a temporary name, synced, renamed: whatever happens, the file is the old or the new one. */
export function writeDurably(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.part`
  try {
    writeSynced(temporary, bytes)
  } catch (error) {
    throw explainDiskFull(error, sentence`${path} could not be written; what was saved before is safe`)
  }
  renameSync(temporary, path)
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w')
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
