import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../contract/failure.ts'
import { memorySource } from '../core/checkpoint/byte-source.ts'
import { readSafetensors, writeSafetensors } from '../core/checkpoint/safetensors.ts'
import type { AdamWState } from '../core/training/adamw.ts'
import { explainDiskFull } from './disk-full.ts'

const checkpointFile = 'checkpoint.safetensors'

/** Everything that a run needs to go on exactly as it would have: the order of the data follows from its settings. */
export interface RunCheckpoint {
  readonly vectors: Float32Array
  readonly optimizer: AdamWState
  readonly progress: RunProgress
}

export interface RunProgress {
  /** Of the model, the data and the settings. */
  readonly fingerprint: string
  readonly trainedTokens: number
  /** Time spent in steps, over all sessions of the run. */
  readonly elapsedMs: number
  readonly lossBefore: number
  readonly heldOutLossBefore: number | null
}

export function saveCheckpoint(directory: string, { vectors, optimizer, progress }: RunCheckpoint): void {
  const vector = (data: Float32Array) => ({
    dtype: 'F32' as const,
    shape: [data.length],
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  })
  const tensors = new Map([
    ['vectors', vector(vectors)],
    ['first_moment', vector(optimizer.firstMoment)],
    ['second_moment', vector(optimizer.secondMoment)],
  ])
  const metadata = new Map([['progress', JSON.stringify({ ...progress, step: optimizer.stepCount })]])
  writeDurably(join(directory, checkpointFile), writeSafetensors(tensors, metadata))
}

/** The run's checkpoint; null where there is none. */
export function loadCheckpoint(directory: string): RunCheckpoint | null {
  const path = join(directory, checkpointFile)
  if (!existsSync(path)) return null
  const file = readSafetensors(memorySource(readFileSync(path)))
  const floats = (name: string): Float32Array => {
    const tensor = file.tensors.get(name)
    if (tensor === undefined) throw broken(path)
    // A copy of its own, so that its floats are aligned.
    return new Float32Array(new Uint8Array(tensor.read()).buffer)
  }
  const text = file.metadata.get('progress')
  if (text === undefined) throw broken(path)
  const { step, ...progress } = JSON.parse(text) as RunProgress & { readonly step: number }
  return {
    vectors: floats('vectors'),
    optimizer: {
      stepCount: step,
      firstMoment: floats('first_moment'),
      secondMoment: floats('second_moment'),
    },
    progress,
  }
}

/** To a temporary name, synced, renamed: whatever happens, the file is the old or the new one. */
export function writeDurably(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.part`
  try {
    writeSynced(temporary, bytes)
  } catch (error) {
    throw explainDiskFull(error, `${path} could not be written; what was saved before is safe`)
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

function broken(path: string): Failure {
  return new Failure('checkpoint-broken', `The checkpoint ${path} can't be read. Start the run again.`)
}
