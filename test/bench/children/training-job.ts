/**
 * Trains the default model in this process, for benchmarks/training-job.ts: the first line of the input is a
 * `TrainingJob`; each held-out loss is answered with a line `{ seconds, loss }`, the end with `{ peakBytes }`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TrainInput } from '../../../src-main/engine/contract.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { peakMemoryBytes } from '../../../src-main/engine/peak-memory.ts'
import { EngineResources } from '../../../src-main/engine/resources.ts'
import { train } from '../../../src-main/engine/train.ts'
import { runtimeNamed, threads } from '../benchmarks/real-model.ts'

const { program, input } = JSON.parse(await text(process.stdin)) as {
  /** One of ours: see `runtimeNamed`. */
  readonly program: string
  readonly input: Omit<TrainInput, 'runDirectory'>
}
const runtime = runtimeNamed(program)
if (runtime === null) throw new Error(`There is no ${program} here with ${threads} threads.`)
const runDirectory = mkdtempSync(join(tmpdir(), 'veranda-job-'))
try {
  const resources = new EngineResources(runtime, loadCodecs())
  const start = performance.now()
  const run = train(resources)({ ...input, runDirectory }, new AbortController().signal)
  for await (const event of run) {
    if (event.type !== 'measured' || event.set !== 'heldOut') continue
    console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, loss: event.loss }))
  }
  console.log(JSON.stringify({ peakBytes: peakMemoryBytes() }))
} finally {
  rmSync(runDirectory, { recursive: true })
}
process.exit(0)
