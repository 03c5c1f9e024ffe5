/** Personalizing: starting a run over examples, watching it, cancelling it and going on with it. */
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Adapter, Model, Run, TrainingPreset, TrainingSettings } from '../../contract/entities.ts'
import type { Estimate } from '../../contract/estimate.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { applyChanges } from '../apply-changes.ts'
import type { Adapters } from '../assistants/adapter-service.ts'
import type { Models } from '../models/model-service.ts'
import type { ChatMessage, Engine } from '../../engine/contract.ts'
import type { PersonalizeRequest, PersonalizeService, RunEvent } from '../services.ts'
import type { Storage } from '../storage/storage.ts'
import type { Dataset } from '../storage/tables/runs.ts'
import { sameName } from '../unique-name.ts'
import { splitDataset, withSystemPrompt } from './dataset.ts'
import { mergeSettings } from './merge-settings.ts'
import { newRun } from './new-run.ts'
import { parentShape } from './parent-shape.ts'
import { presetSettings } from './presets.ts'
import type { RunBroadcast } from './run-broadcast.ts'
import type { RunQueue } from './run-queue.ts'

export interface PersonalizeOptions {
  readonly storage: Storage
  readonly models: Models
  readonly adapters: Adapters
  readonly queue: RunQueue
  readonly engine: Engine
  readonly broadcast: RunBroadcast
  /** General ones, the most telling first. */
  readonly replayQuestions: readonly string[]
}

/** What a run will be. */
interface Plan {
  readonly name: string
  readonly base: Model
  readonly settings: TrainingSettings
  /** What it goes on from. */
  readonly parent: Adapter | null
  /** What it makes anew. */
  readonly forgetsId?: string | null
  readonly dataset: Dataset
}

export function openPersonalize(options: PersonalizeOptions): PersonalizeService {
  const { storage, models, adapters, queue, engine, broadcast, replayQuestions } = options

  const get = (id: string): Run => {
    const run = storage.runs.get(id)
    if (run === undefined) throw new Failure('run-not-found', 'This run is not there.')
    return run
  }

  const findParent = (parent: string | null | undefined) =>
    parent == null ? null : adapters.find(parent).adapter

  function defaults(
    { parameterCount }: { readonly parameterCount: number },
    preset: TrainingPreset | undefined,
    parent: Adapter | null,
  ): TrainingSettings {
    const settings = presetSettings(preset, parameterCount)
    return parent === null ? settings : applyChanges(settings, parentShape(parent, storage))
  }

  /** What a run of the request would be: its name, model, every setting, and the examples it keeps. */
  function plan(request: PersonalizeRequest): Plan {
    const { name, model, examples, preset, settings, heldOutRatio, systemPrompt, probes = [] } = request
    if (examples.length === 0) {
      throw new Failure('no-examples', 'There are no examples to learn from. Add or import some first.')
    }
    const base = models.find(model)
    const parent = findParent(request.parent)
    const merged = mergeSettings(defaults(base, preset, parent), settings ?? {})
    const withIds = withSystemPrompt(examples, systemPrompt).map(({ messages, rejected }, index) => ({
      id: String(index + 1),
      messages,
      ...(merged.preferences === 'off' || typeof rejected !== 'string' ? {} : { rejected }),
    }))
    const asked = (questions: readonly string[]) =>
      withSystemPrompt(
        questions.map((content) => ({ messages: [user(content)] })),
        systemPrompt,
      ).map(({ messages }) => messages)
    const promised = storage.runs.list().filter((run) => queue.holds(run.id))
    return {
      name: adapters.freeName(
        name,
        promised.map((run) => run.name),
      ),
      base,
      settings: merged,
      parent,
      dataset: {
        ...splitDataset(withIds, heldOutRatio ?? 0, merged.seed),
        replay: asked(replayQuestions.slice(0, merged.replay)),
        probes: asked(probes),
      },
    }
  }

  function unfinished(request: PersonalizeRequest): Run | undefined {
    const { name, base, settings, parent, dataset } = plan(request)
    return storage.runs.list().find((run) => {
      return (
        (run.status === 'interrupted' || run.status === 'failed') &&
        sameName(run.name, name) &&
        run.modelId === base.id &&
        run.parentId === (parent?.id ?? null) &&
        storage.runs.model(run.id)?.modelHash === base.sourceHash &&
        isDeepStrictEqual(run.settings, settings) &&
        isDeepStrictEqual(storage.runs.dataset(run.id), dataset)
      )
    })
  }

  /** The adapter that the run went on from; what it had learned stays learned. */
  function parentOf({ name, parentId }: Run): Adapter | null {
    if (parentId === null) return null
    const parent = storage.adapters.get(parentId)
    if (parent !== undefined) return parent
    throw new Failure(
      'parent-gone',
      sentence`“${name}” went on from an assistant that was deleted, so it can't be trained again. Start a new one.`,
    )
  }

  function startWithout(runId: string, exampleIds: readonly string[], forgetsId: string): Run {
    const earlier = get(runId)
    const made = storage.runs.model(runId)
    const base = models.list().find((model) => model.sourceHash === made?.modelHash)
    if (base === undefined) {
      throw new Failure(
        'model-not-found',
        sentence`The model “${made?.modelName ?? earlier.modelId}” of “${earlier.name}” is not here. Fetch it again first.`,
      )
    }
    const { training, ...rest } = storage.runs.dataset(runId)
    const left = training.filter(({ id }) => !exampleIds.includes(id))
    if (left.length === training.length || left.length === 0) {
      throw new Failure(
        'nothing-to-forget',
        left.length === 0
          ? sentence`“${earlier.name}” has learned nothing else. Delete it instead.`
          : sentence`“${earlier.name}” has not learned this.`,
      )
    }
    const parent = parentOf(earlier)
    const promised = storage.runs.list().filter((run) => queue.holds(run.id))
    const name = adapters.freeName(
      earlier.name,
      promised.map((run) => run.name),
    )
    const dataset = { ...rest, training: left }
    return queueRun({ name, base, settings: earlier.settings, parent, forgetsId, dataset })
  }

  function queueRun({ name, base, settings, parent, forgetsId = null, dataset }: Plan): Run {
    const run = newRun({
      id: randomUUID(),
      name,
      modelId: base.id,
      settings,
      parentId: parent?.id ?? null,
      forgetsId,
      probes: dataset.probes.map((messages) => messages.at(-1)?.content ?? ''),
      exampleCount: dataset.training.length,
      heldOutCount: dataset.heldOut.length,
      createdAt: Date.now(),
    })
    const start = parent === null ? undefined : storage.adapters.file(parent.id)?.file
    if (start !== undefined) queue.keepStart(run.id, start)
    storage.runs.insert(run, { modelName: base.name, modelHash: base.sourceHash }, dataset)
    queue.add(run.id)
    return get(run.id)
  }

  async function* estimate(
    request: PersonalizeRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<{ readonly share: number }, Estimate> {
    const { base, settings, dataset } = plan(request)
    const besideRun = storage.runs.list().some((run) => queue.holds(run.id))
    const { training: examples, heldOut, replay, probes } = dataset
    const modelDirectory = await models.directoryOf(base)
    const input = { modelDirectory, examples, heldOut, replay, probes, settings }
    const measured = yield* engine.run('estimate', input, signal)
    return { ...measured, exampleCount: examples.length, heldOutCount: heldOut.length, besideRun }
  }

  async function* watch(runId: string, signal = new AbortController().signal): AsyncGenerator<RunEvent, Run> {
    // Before the first look at the row, so that no change is lost between the two.
    using subscription = broadcast.subscribe(runId)
    let run = get(runId)
    yield { type: 'run', run }
    yield { type: 'losses', points: storage.runs.losses(runId) }
    const samples = storage.runs.samples(runId)
    if (samples.length > 0) yield { type: 'samples', samples }
    while (!signal.aborted && isGoingOn(run)) {
      for (const event of await subscription.take(signal)) {
        if (event.type === 'run') run = event.run
        yield event
      }
    }
    return run
  }

  return {
    defaults: (model, preset, parent) => defaults(models.find(model), preset, findParent(parent)),
    start: (request) => queueRun(plan(request)),
    startWithout,
    estimate,
    unfinished,
    watch,
    runs: () => storage.runs.list(),
    async pause(runId) {
      await queue.pause(get(runId))
      return get(runId)
    },
    async cancel(runId) {
      const run = get(runId)
      if (run.status !== 'done' && run.status !== 'cancelled') await queue.cancel(run)
      return get(runId)
    },
    resume(runId) {
      const run = get(runId)
      if (queue.holds(runId)) return run
      if (run.status === 'done' || run.status === 'cancelled') {
        throw new Failure(
          'run-ended',
          run.status === 'done'
            ? sentence`The run “${run.name}” has ended and can't go on. Start a new one.`
            : sentence`The run “${run.name}” was cancelled and can't go on. Start a new one.`,
        )
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
