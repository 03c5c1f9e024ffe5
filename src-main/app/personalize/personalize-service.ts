/** Personalizing: starting a run over examples, watching it, cancelling it and going on with it. */
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Model, Run, TrainingSettings } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { Adapters } from '../assistants/adapter-service.ts'
import type { Models } from '../models/model-service.ts'
import type { ChatMessage } from '../../engine/contract.ts'
import type { PersonalizeRequest, PersonalizeService, RunEvent } from '../services.ts'
import type { Storage } from '../storage/storage.ts'
import type { Dataset } from '../storage/tables/runs.ts'
import { sameName } from '../unique-name.ts'
import { splitDataset, withSystemPrompt } from './dataset.ts'
import { mergeSettings } from './merge-settings.ts'
import { presetSettings } from './presets.ts'
import type { RunBroadcast } from './run-broadcast.ts'
import type { RunQueue } from './run-queue.ts'

export interface PersonalizeOptions {
  readonly storage: Storage
  readonly models: Models
  readonly adapters: Adapters
  readonly queue: RunQueue
  readonly broadcast: RunBroadcast
  /** General ones, the most telling first. */
  readonly replayQuestions: readonly string[]
}

/** What a run will be. */
interface Plan {
  readonly name: string
  readonly base: Model
  readonly settings: TrainingSettings
  readonly dataset: Dataset
}

export function openPersonalize(options: PersonalizeOptions): PersonalizeService {
  const { storage, models, adapters, queue, broadcast, replayQuestions } = options

  const get = (id: string): Run => {
    const run = storage.runs.get(id)
    if (run === undefined) throw new Failure('run-not-found', 'This run is not there.')
    return run
  }

  /** What a run of the request would be: its name, model, every setting, and the examples it keeps. */
  function plan({
    name,
    model,
    examples,
    preset,
    settings,
    heldOutRatio,
    systemPrompt,
  }: PersonalizeRequest): Plan {
    if (examples.length === 0) {
      throw new Failure('no-examples', 'There are no examples to learn from. Add or import some first.')
    }
    const base = models.find(model)
    const merged = mergeSettings(presetSettings(preset), settings ?? {})
    const withIds = withSystemPrompt(examples, systemPrompt).map(({ messages, rejected }, index) => ({
      id: String(index + 1),
      messages,
      ...(merged.preferences === 'off' || typeof rejected !== 'string' ? {} : { rejected }),
    }))
    const asked = replayQuestions.slice(0, merged.replay).map((content) => ({ messages: [user(content)] }))
    const replay = withSystemPrompt(asked, systemPrompt).map(({ messages }) => messages)
    const promised = storage.runs.list().filter((run) => queue.holds(run.id))
    return {
      name: adapters.freeName(
        name,
        promised.map((run) => run.name),
      ),
      base,
      settings: merged,
      dataset: { ...splitDataset(withIds, heldOutRatio ?? 0, merged.seed), replay },
    }
  }

  function unfinished(request: PersonalizeRequest): Run | undefined {
    const { name, base, settings, dataset } = plan(request)
    return storage.runs.list().find((run) => {
      return (
        (run.status === 'interrupted' || run.status === 'failed') &&
        sameName(run.name, name) &&
        run.modelId === base.id &&
        storage.runs.model(run.id)?.modelHash === base.sourceHash &&
        isDeepStrictEqual(run.settings, settings) &&
        isDeepStrictEqual(storage.runs.dataset(run.id), dataset)
      )
    })
  }

  function startWithout(runId: string, exampleIds: readonly string[]): Run {
    const earlier = get(runId)
    const made = storage.runs.model(runId)
    const base = models.list().find((model) => model.sourceHash === made?.modelHash)
    if (base === undefined) {
      throw new Failure(
        'model-not-found',
        `The model “${made?.modelName ?? earlier.modelId}” of “${earlier.name}” is not here. Fetch it again first.`,
      )
    }
    const { training, ...rest } = storage.runs.dataset(runId)
    const left = training.filter(({ id }) => !exampleIds.includes(id))
    if (left.length === training.length || left.length === 0) {
      throw new Failure(
        'nothing-to-forget',
        left.length === 0
          ? `“${earlier.name}” has learned nothing else. Delete it instead.`
          : `“${earlier.name}” has not learned this.`,
      )
    }
    const promised = storage.runs.list().filter((run) => queue.holds(run.id))
    const name = adapters.freeName(
      earlier.name,
      promised.map((run) => run.name),
    )
    return queueRun({ name, base, settings: earlier.settings, dataset: { ...rest, training: left } })
  }

  function queueRun({ name, base, settings, dataset }: Plan): Run {
    const run: Run = {
      id: randomUUID(),
      name,
      modelId: base.id,
      status: 'queued',
      settings,
      exampleCount: dataset.training.length,
      heldOutCount: dataset.heldOut.length,
      step: 0,
      steps: 0,
      tokensPerSecond: null,
      remainingMs: null,
      peakMemoryBytes: null,
      lossBefore: null,
      lossAfter: null,
      heldOutLossBefore: null,
      heldOutLossAfter: null,
      adapterId: null,
      report: null,
      failure: null,
      createdAt: Date.now(),
      finishedAt: null,
    }
    storage.runs.insert(run, { modelName: base.name, modelHash: base.sourceHash }, dataset)
    queue.add(run.id)
    return get(run.id)
  }

  async function* watch(runId: string, signal = new AbortController().signal): AsyncGenerator<RunEvent, Run> {
    // Before the first look at the row, so that no change is lost between the two.
    using subscription = broadcast.subscribe(runId)
    let run = get(runId)
    yield { type: 'run', run }
    yield { type: 'losses', points: storage.runs.losses(runId) }
    while (!signal.aborted && isGoingOn(run)) {
      for (const event of await subscription.take(signal)) {
        if (event.type === 'run') run = event.run
        yield event
      }
    }
    return run
  }

  return {
    defaults: (model, preset) => {
      models.find(model)
      return presetSettings(preset)
    },
    start: (request) => queueRun(plan(request)),
    startWithout,
    unfinished,
    watch,
    runs: () => storage.runs.list(),
    async cancel(runId) {
      const run = get(runId)
      if (run.status !== 'done' && run.status !== 'cancelled') await queue.cancel(run)
      return get(runId)
    },
    resume(runId) {
      const run = get(runId)
      if (queue.holds(runId)) return run
      if (run.status === 'done' || run.status === 'cancelled') {
        const how = run.status === 'done' ? 'has ended' : 'was cancelled'
        throw new Failure('run-ended', `The run “${run.name}” ${how} and can't go on. Start a new one.`)
      }
      storage.runs.update({ ...run, status: 'queued', failure: null, finishedAt: null })
      queue.add(runId)
      return get(runId)
    },
  }
}

function user(content: string): ChatMessage {
  return { role: 'user', content }
}

/** Whether it is trained or waits for it. */
export function isGoingOn(run: Run): boolean {
  return run.status === 'queued' || run.status === 'running'
}
