import { z } from 'zod'
import {
  chatMessage,
  runReport,
  trainingSettings,
  type LossPoint,
  type Run,
  type RunSample,
} from '../../../contract/entities.ts'
import type { FailureMessage } from '../../../contract/failure.ts'
import { failureMessage } from '../../../contract/told.ts'
import { verdict, type Verdict } from '../../../contract/verdict.ts'
import type { ChatMessage, TrainingExample } from '../../../engine/contract.ts'
import type { Connection } from '../connection.ts'

/** What a run learns from and is measured on: copied when it is queued, never changed. */
export interface Dataset {
  readonly training: readonly TrainingExample[]
  readonly heldOut: readonly TrainingExample[]
  /** Questions that the model answers itself; see the engine's `TrainInput`. */
  readonly replay: readonly (readonly ChatMessage[])[]
  /** Questions that are answered while it learns. */
  readonly probes: readonly (readonly ChatMessage[])[]
}

/** The model a run was made for, as it was then. */
export interface RunModel {
  readonly modelName: string
  readonly modelHash: string
}

const columns = `id, name, model_id AS modelId, status, settings, parent_id AS parentId, forgets_id AS forgetsId, probes, example_count AS exampleCount,
  held_out_count AS heldOutCount, step, steps, tokens_per_second AS tokensPerSecond, remaining_ms AS remainingMs,
  peak_memory_bytes AS peakMemoryBytes, loss_before AS lossBefore, loss_after AS lossAfter,
  held_out_loss_before AS heldOutLossBefore, held_out_loss_after AS heldOutLossAfter, adapter_id AS adapterId,
  report, failure, created_at AS createdAt, finished_at AS finishedAt`

/** Runs from before a setting was a choice have what stood for it then. */
const storedSettings = trainingSettings.extend({
  layerShare: trainingSettings.shape.layerShare.default(1),
  method: trainingSettings.shape.method.default('vera'),
  layers: trainingSettings.shape.layers.default(null),
  ranks: trainingSettings.shape.ranks.default({}),
  bias: trainingSettings.shape.bias.default('none'),
  dropout: trainingSettings.shape.dropout.default(0),
  alpha: trainingSettings.shape.alpha.default(null),
  rsLora: trainingSettings.shape.rsLora.default(false),
  replay: trainingSettings.shape.replay.default(0),
  optimizer: trainingSettings.shape.optimizer.default('adamw'),
  momentum: trainingSettings.shape.momentum.default(0.9),
  lambdaDRate: trainingSettings.shape.lambdaDRate.default(1),
  lambdaBRate: trainingSettings.shape.lambdaBRate.default(1),
  averageDecay: trainingSettings.shape.averageDecay.default(0),
  seeds: trainingSettings.shape.seeds.default(1),
  evaluations: trainingSettings.shape.evaluations.default(8),
  patience: trainingSettings.shape.patience.default(0),
  keep: trainingSettings.shape.keep.default('last'),
  preferences: trainingSettings.shape.preferences.default('off'),
  preferenceBeta: trainingSettings.shape.preferenceBeta.default(0.1),
})

interface Row extends Omit<Run, 'settings' | 'probes' | 'report' | 'failure'> {
  readonly settings: string
  readonly probes: string
  readonly report: string | null
  readonly failure: string | null
}

const storedProbes = z.array(z.string())
const storedExamples = z.array(
  z.object({ id: z.string(), messages: z.array(chatMessage), rejected: z.string().exactOptional() }),
)
const storedDataset = z.object({
  training: storedExamples,
  heldOut: storedExamples,
  replay: z.array(z.array(chatMessage)).default([]),
  probes: z.array(z.array(chatMessage)).default([]),
})

export type RunsTable = ReturnType<typeof runsTable>

export function runsTable(connection: Connection) {
  const list = connection.prepare<object, Row>(
    `SELECT ${columns} FROM runs ORDER BY created_at DESC, rowid DESC`,
  )
  const get = connection.prepare<{ id: string }, Row>(`SELECT ${columns} FROM runs WHERE id = @id`)
  const insert = connection.prepare<Row & RunModel & { dataset: string }>(
    `INSERT INTO runs (id, name, model_id, model_name, model_hash, status, settings, parent_id, forgets_id, probes, dataset,
       example_count, held_out_count, step, steps, created_at)
     VALUES (@id, @name, @modelId, @modelName, @modelHash, @status, @settings, @parentId, @forgetsId, @probes, @dataset,
       @exampleCount, @heldOutCount, @step, @steps, @createdAt)`,
  )
  const update = connection.prepare<Row>(
    `UPDATE runs SET status = @status, step = @step, steps = @steps, tokens_per_second = @tokensPerSecond,
       remaining_ms = @remainingMs, peak_memory_bytes = @peakMemoryBytes, loss_before = @lossBefore,
       loss_after = @lossAfter, held_out_loss_before = @heldOutLossBefore,
       held_out_loss_after = @heldOutLossAfter, adapter_id = @adapterId, report = @report, failure = @failure,
       finished_at = @finishedAt
     WHERE id = @id`,
  )
  const dataset = connection.prepare<{ id: string }, { dataset: string }>(
    'SELECT dataset FROM runs WHERE id = @id',
  )
  const model = connection.prepare<{ id: string }, RunModel>(
    'SELECT model_name AS modelName, model_hash AS modelHash FROM runs WHERE id = @id',
  )
  const mostMemory = connection.prepare<{ modelId: string }, { bytes: number | null }>(
    "SELECT max(peak_memory_bytes) AS bytes FROM runs WHERE model_id = @modelId AND status = 'done'",
  )
  const losses = connection.prepare<{ id: string }, LossPoint>(
    'SELECT step, loss, subset AS "set" FROM run_losses WHERE run_id = @id ORDER BY step, subset',
  )
  const putLoss = connection.prepare<LossPoint & { id: string }>(
    `INSERT INTO run_losses (run_id, subset, step, loss) VALUES (@id, @set, @step, @loss)
     ON CONFLICT DO UPDATE SET loss = @loss`,
  )
  const dropLosses = connection.prepare<{ id: string; step: number }>(
    'DELETE FROM run_losses WHERE run_id = @id AND step > @step',
  )
  const samples = connection.prepare<{ id: string }, RunSample>(
    'SELECT step, probe, answer FROM run_samples WHERE run_id = @id ORDER BY step, probe',
  )
  const putSample = connection.prepare<RunSample & { id: string }>(
    `INSERT INTO run_samples (run_id, step, probe, answer) VALUES (@id, @step, @probe, @answer)
     ON CONFLICT DO UPDATE SET answer = @answer`,
  )
  const dropSamples = connection.prepare<{ id: string; step: number }>(
    'DELETE FROM run_samples WHERE run_id = @id AND step > @step',
  )
  const getVerdict = connection.prepare<{ id: string }, { verdict: string | null }>(
    'SELECT verdict FROM runs WHERE id = @id',
  )
  const setVerdict = connection.prepare<{ id: string; verdict: string }>(
    'UPDATE runs SET verdict = @verdict WHERE id = @id',
  )
  return {
    /** Newest first. */
    list: (): Run[] => list.all({}).map(toRun),
    get(id: string): Run | undefined {
      const row = get.get({ id })
      return row === undefined ? undefined : toRun(row)
    },
    insert: (run: Run, made: RunModel, data: Dataset): void =>
      void insert.run({ ...toRow(run), ...made, dataset: JSON.stringify(data) }),
    /** Writes all that changes during a run: status, progress, metrics. */
    update: (run: Run): void => void update.run(toRow(run)),
    dataset: (id: string): Dataset => storedDataset.parse(JSON.parse(dataset.get({ id })?.dataset ?? 'null')),
    model: (id: string): RunModel | undefined => model.get({ id }),
    /** The most that a finished run over the model took, bytes; null before the first. */
    mostMemory: (modelId: string): number | null => mostMemory.get({ modelId })?.bytes ?? null,
    losses: (id: string): LossPoint[] => losses.all({ id }),
    putLoss: (id: string, point: LossPoint): void => void putLoss.run({ id, ...point }),
    verdict(id: string): Verdict | undefined {
      const stored = getVerdict.get({ id })?.verdict ?? null
      return stored === null ? undefined : verdict.parse(JSON.parse(stored))
    },
    setVerdict: (id: string, given: Verdict): void =>
      void setVerdict.run({ id, verdict: JSON.stringify(given) }),
    samples: (id: string): RunSample[] => samples.all({ id }),
    putSample: (id: string, sample: RunSample): void => void putSample.run({ id, ...sample }),
    /** Forgets the losses and samples after a step: the run goes on from there. */
    dropAfter(id: string, step: number): void {
      dropLosses.run({ id, step })
      dropSamples.run({ id, step })
    },
  }
}

function toRow(run: Run): Row {
  return {
    ...run,
    settings: JSON.stringify(run.settings),
    probes: JSON.stringify(run.probes),
    report: run.report === null ? null : JSON.stringify(run.report),
    failure: run.failure === null ? null : JSON.stringify(run.failure),
  }
}

function toRun(row: Row): Run {
  const report = row.report === null ? null : runReport.parse(JSON.parse(row.report))
  return {
    ...row,
    settings: storedSettings.parse(JSON.parse(row.settings)),
    probes: storedProbes.parse(JSON.parse(row.probes)),
    report,
    failure: row.failure === null ? null : readFailure(row.failure),
  }
}

/** Older versions kept the English message alone. */
function readFailure(stored: string): FailureMessage {
  return stored.startsWith('{')
    ? failureMessage.parse(JSON.parse(stored))
    : { code: 'run-failed', message: stored }
}
