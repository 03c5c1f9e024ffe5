import type { Run } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import type { Context } from './command.ts'
import { formatDuration, formatLoss } from './format.ts'

/**
 * Shows a run's progress until it is done.
 *
 * @throws Failure `run-stopped` after Ctrl+C, `run-failed`
 */
export async function followRun({ services, output, signal }: Context, runId: string): Promise<Run> {
  const stream = services.personalize.watch(runId, signal)
  let run: Run | undefined
  let loss: number | null = null
  for (;;) {
    const step = await stream.next()
    if (step.done === true) {
      run = step.value
      break
    }
    if (step.value.type === 'run') run = step.value.run
    if (step.value.type === 'losses')
      loss = step.value.points.findLast((point) => point.set === 'step')?.loss ?? loss
    if (run !== undefined) output.progress(progressLine(run, loss), run.step / Math.max(1, run.steps))
  }
  return finished(run)
}

function progressLine(run: Run, loss: number | null): string {
  if (run.status === 'queued' || run.steps === 0) return 'Preparing the run'
  const speed = run.tokensPerSecond === null ? '' : `, ${Math.round(run.tokensPerSecond)} tokens a second`
  const left = run.remainingMs === null ? '' : `, ${formatDuration(run.remainingMs)} left`
  return `Step ${run.step} of ${run.steps}${loss === null ? '' : `, loss ${formatLoss(loss)}`}${speed}${left}`
}

function finished(run: Run): Run {
  switch (run.status) {
    case 'done':
      return run
    case 'failed':
      throw new Failure('run-failed', run.failure?.message ?? `The run “${run.name}” failed.`)
    case 'queued':
    case 'running':
    case 'interrupted':
    case 'cancelled':
      throw new Failure(
        'run-stopped',
        run.step === 0
          ? `Stopped before the first step of “${run.name}”.`
          : `Stopped at step ${run.step} of ${run.steps}. The checkpoint of “${run.name}” is kept: ` +
              'the same command goes on from there.',
      )
  }
}
