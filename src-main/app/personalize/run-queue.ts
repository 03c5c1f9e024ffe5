/** Trains one run at a time, the others wait; what it needs to go on after a crash is on the disk. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adapter, Run } from '../../contract/entities.ts'
import { Failure, toFailureMessage, type FailureMessage } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Engine, TrainResult } from '../../engine/contract.ts'
import type { Adapters } from '../assistants/adapter-service.ts'
import type { Models } from '../models/model-service.ts'
import { toStorageFailure } from '../storage/storage-failure.ts'
import type { Storage } from '../storage/storage.ts'
import type { RunBroadcast } from './run-broadcast.ts'
import { resultMetrics, runRecord, type RunRecord } from './run-record.ts'

export interface RunQueueOptions {
  readonly storage: Storage
  readonly engine: Engine
  readonly dataDirectory: string
  readonly models: Models
  readonly adapters: Adapters
  readonly broadcast: RunBroadcast
}

interface ActiveRun {
  readonly id: string
  readonly stop: AbortController
  ended: Promise<void>
  isCancelled: boolean
}

export class RunQueue {
  readonly #options: RunQueueOptions
  readonly #waiting: string[] = []
  #active: ActiveRun | null = null
  #closing = false

  constructor(options: RunQueueOptions) {
    this.#options = options
  }

  /** Keeps the adapter file that a run will go on from with it, whatever becomes of the adapter. */
  keepStart(runId: string, file: Uint8Array): void {
    const directory = this.#directory(runId)
    mkdirSync(directory, { recursive: true })
    writeFileSync(startFile(directory), file, { flush: true })
  }

  /** Trains the stored run as soon as those before it have ended. */
  add(runId: string): void {
    this.#waiting.push(runId)
    this.#startNext()
  }

  /** Whether the run is trained now or waits for it. */
  holds(runId: string): boolean {
    return this.#active?.id === runId || this.#waiting.includes(runId)
  }

  /** Ends the run for good, whatever it is at; its checkpoint is removed. */
  async cancel(run: Run): Promise<void> {
    if (this.#active?.id === run.id) {
      this.#active.isCancelled = true
      this.#active.stop.abort()
      await this.#active.ended
      return
    }
    const place = this.#waiting.indexOf(run.id)
    if (place !== -1) this.#waiting.splice(place, 1)
    const record = this.#record(run)
    record.store({ status: 'cancelled', remainingMs: null, finishedAt: Date.now() })
    await this.#removeDirectory(run.id)
    record.tell()
  }

  /** Stops the run at its next step, or takes it out of the queue, as `interrupted`; settles when it has. */
  async pause(run: Run): Promise<void> {
    if (this.#active?.id === run.id) {
      this.#active.stop.abort()
      await this.#active.ended
      return
    }
    const place = this.#waiting.indexOf(run.id)
    if (place === -1) return
    this.#waiting.splice(place, 1)
    const record = this.#record(run)
    record.store({ status: 'interrupted' })
    record.tell()
  }

  /** Asks the active run to stop at its next step, as `interrupted`; settles when it has. */
  async close(): Promise<void> {
    this.#closing = true
    for (const id of this.#waiting.splice(0)) {
      const run = this.#options.storage.runs.get(id)
      if (run !== undefined) this.#record(run).store({ status: 'interrupted' })
    }
    this.#active?.stop.abort()
    await this.#active?.ended
  }

  #startNext(): void {
    if (this.#active !== null || this.#closing) return
    const id = this.#waiting.shift()
    const run = id === undefined ? undefined : this.#options.storage.runs.get(id)
    if (run === undefined) return
    const active: ActiveRun = {
      id: run.id,
      stop: new AbortController(),
      ended: Promise.resolve(),
      isCancelled: false,
    }
    this.#active = active
    active.ended = this.#run(this.#record(run), active)
  }

  async #run(record: RunRecord, active: ActiveRun): Promise<void> {
    await this.#train(record, active)
    this.#active = null
    // Told last: who hears of the end finds the queue free and the run's folder gone.
    record.tell()
    this.#startNext()
  }

  /** Never rejects: what goes wrong becomes the run's state. */
  async #train(record: RunRecord, active: ActiveRun): Promise<void> {
    const { storage, engine, models } = this.#options
    const runDirectory = this.#directory(active.id)
    try {
      record.store({ status: 'running', failure: null, finishedAt: null })
      record.tell()
      const model = models.find(record.run.modelId)
      const made = storage.runs.model(active.id)
      if (made?.modelHash !== model.sourceHash) throw otherModel(record.run, made?.modelName)
      await mkdir(runDirectory, { recursive: true })
      const { training, heldOut, replay, probes } = storage.runs.dataset(active.id)
      const modelDirectory = await models.directoryOf(model)
      const input = {
        modelDirectory,
        examples: training,
        heldOut,
        replay,
        probes,
        startPath: record.run.parentId === null ? null : startFile(runDirectory),
        settings: record.run.settings,
        runDirectory,
      }
      await using events = engine.run('train', input, active.stop.signal)
      let next = await events.next()
      for (; next.done !== true; next = await events.next()) record.apply(next.value)
      await this.#finish(record, next.value, active)
    } catch (error) {
      this.#fail(record, error, active)
    }
    // Only now: until the adapter is stored, this folder holds the only copy.
    const { status } = record.run
    if (status === 'done' || status === 'cancelled') await this.#removeDirectory(active.id)
  }

  async #finish(record: RunRecord, result: TrainResult, active: ActiveRun): Promise<void> {
    const { storage } = this.#options
    const metrics = resultMetrics(record.run, result)
    if (result.status === 'stopped' || result.adapterPath === null) {
      const end = active.isCancelled
        ? { status: 'cancelled' as const, finishedAt: Date.now() }
        : { status: 'interrupted' as const }
      record.store({ ...metrics, ...end })
      return
    }
    const file = await readFile(result.adapterPath)
    const adapter = this.#adapter(record.run, result, file.length)
    record.store({ ...metrics, status: 'done', adapterId: adapter.id, finishedAt: Date.now() }, () =>
      storage.adapters.insert(adapter, {
        file,
        fileHash: createHash('sha256').update(file).digest('hex'),
        modelName: storage.runs.model(active.id)?.modelName ?? '',
        chatTemplateHash: null,
      }),
    )
  }

  #adapter(run: Run, result: TrainResult, sizeBytes: number): Adapter {
    return {
      id: randomUUID(),
      // Unique when the run was queued, but an adapter may have been renamed since.
      name: this.#options.adapters.freeName(run.name),
      modelId: run.modelId,
      modelHash: this.#options.storage.runs.model(run.id)?.modelHash ?? '',
      rank: run.settings.rank,
      targets: run.settings.targets,
      projectionKey: run.settings.projectionKey,
      parameterCount: result.trainableParameters,
      sizeBytes,
      runId: run.id,
      ...this.#lineage(run),
      notes: '',
      lossBefore: result.lossBefore ?? run.lossBefore,
      lossAfter: result.lossAfter,
      createdAt: Date.now(),
    }
  }

  #lineage({ parentId, forgetsId }: Run): Pick<Adapter, 'origin' | 'parents'> {
    const id = forgetsId ?? parentId
    if (id === null) return { origin: 'trained', parents: [] }
    const name = this.#options.storage.adapters.get(id)?.name ?? ''
    return { origin: forgetsId === null ? 'continued' : 'forgot', parents: [{ id, name, weight: null }] }
  }

  /** A dead engine or a closing app only interrupts: both `interrupted` and `failed` can be resumed. */
  #fail(record: RunRecord, error: unknown, active: ActiveRun): void {
    const failure = toFailureMessage(toStorageFailure(error, this.#directory(active.id)))
    const changes = this.#afterFailure(failure, active)
    try {
      record.store(changes)
    } catch {
      // The disk is full, which is told already. The row says `running`; the next start makes it `interrupted`.
      record.assume(changes)
    }
  }

  #afterFailure(failure: FailureMessage, active: ActiveRun): Partial<Run> {
    if (active.isCancelled) return { status: 'cancelled', remainingMs: null, finishedAt: Date.now() }
    if (this.#closing) return { status: 'interrupted', remainingMs: null }
    const status = failure.code.startsWith('engine-') ? 'interrupted' : 'failed'
    return { status, failure, remainingMs: null, finishedAt: Date.now() }
  }

  #record(run: Run): RunRecord {
    return runRecord(run, this.#options.storage, this.#options.broadcast)
  }

  async #removeDirectory(runId: string): Promise<void> {
    // What can't be removed now (a virus scanner holds it) is left to `removeEndedRuns` at the next start.
    await rm(this.#directory(runId), { recursive: true, force: true }).catch(() => {})
  }

  #directory(runId: string): string {
    return join(this.#options.dataDirectory, 'runs', runId)
  }
}

function startFile(runDirectory: string): string {
  return join(runDirectory, 'start.safetensors')
}

function otherModel(run: Run, modelName: string | undefined): Failure {
  return new Failure(
    'model-changed',
    sentence`The run “${run.name}” was made for another model (“${modelName ?? run.modelId}”) than the one that is there now. Start a new run.`,
  )
}
