/** The runs: their list, and a live view of those in progress. */
import { createContext } from 'svelte'
import type { LossPoint, Run, RunSample, RunStatus } from '../../src-main/contract/entities.ts'
import type { ProcedureInput } from '../../src-main/contract/procedures.ts'
import { toFailureMessage, type FailureMessage } from '../../src-main/contract/failure.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import { Plan } from './plan.svelte.ts'

export function isInProgress(status: RunStatus): boolean {
  return status === 'queued' || status === 'running'
}

/** One run as it goes: its state, its losses and its answers to the probes so far. */
export class LiveRun {
  readonly id: string
  run = $state.raw<Run | null>(null)
  points = $state.raw<readonly LossPoint[]>([])
  samples = $state.raw<readonly RunSample[]>([])
  failure = $state.raw<FailureMessage | null>(null)
  /** Not reactive: who starts a watch must not start it again because it began. */
  watching = false
  /** Whether the run was seen in progress, so that its end is news. */
  wasInProgress = false

  constructor(id: string) {
    this.id = id
  }

  /** Follows the run until it ends; a run that has ended gives its losses and ends at once. */
  async watch(client: Client): Promise<void> {
    if (this.watching) return
    this.watching = true
    this.failure = null
    this.points = []
    this.samples = []
    try {
      this.run = await client.call(
        'runs.watch',
        { id: this.id },
        {
          onEvent: (event) => {
            switch (event.type) {
              case 'run':
                this.run = event.run
                this.wasInProgress ||= isInProgress(event.run.status)
                break
              case 'losses':
                this.points = [...this.points, ...event.points]
                break
              case 'samples':
                this.samples = [...this.samples, ...event.samples]
            }
          },
        },
      )
    } catch (error) {
      this.failure = toFailureMessage(error)
    } finally {
      this.watching = false
    }
  }
}

export class Runs {
  readonly list: Loadable<readonly Run[]>
  /** What is about to be started; it stays while other screens are shown. */
  readonly plan: Plan
  readonly #live = new Map<string, LiveRun>()
  /** The run in progress that is followed for the rail. */
  #followed = $state.raw<LiveRun | null>(null)
  readonly #client: Client
  readonly #runEnded: (run: Run) => void

  constructor(client: Client, runEnded: (run: Run) => void) {
    this.#client = client
    this.#runEnded = runEnded
    this.plan = new Plan(client)
    this.list = new Loadable(() => client.call('runs.list', {}))
  }

  /** The run in progress, newest state first; null if none is. */
  get active(): Run | null {
    const run = this.#followed?.run ?? null
    return run && isInProgress(run.status) ? run : null
  }

  /** Fetches the list and follows what is in progress. */
  async refresh(): Promise<void> {
    await this.list.load()
    const runs = this.list.value ?? []
    const next = runs.find((run) => run.status === 'running') ?? runs.find((run) => run.status === 'queued')
    if (!next) return
    this.#followed = this.live(next.id)
    await this.watch(next.id)
  }

  /** The live view of a run; watched from its first use. */
  live(id: string): LiveRun {
    const known = this.#live.get(id)
    if (known) return known
    const live = new LiveRun(id)
    this.#live.set(id, live)
    return live
  }

  /** Follows a run; when one that was in progress ends, what it made is fetched and the next is followed. */
  async watch(id: string): Promise<void> {
    const live = this.live(id)
    if (live.watching) return
    await live.watch(this.#client)
    // After a lost connection `refresh` starts the watch again.
    if (live.failure || !live.wasInProgress || !live.run || isInProgress(live.run.status)) return
    live.wasInProgress = false
    this.#runEnded(live.run)
    await this.refresh()
  }

  async start(input: ProcedureInput<'personalize.start'>): Promise<Run> {
    const run = await this.#client.call('personalize.start', input)
    void this.refresh()
    return run
  }

  async pause(id: string): Promise<void> {
    this.live(id).run = await this.#client.call('runs.pause', { id })
    void this.refresh()
  }

  async cancel(id: string): Promise<void> {
    this.live(id).run = await this.#client.call('runs.cancel', { id })
    void this.refresh()
  }

  async resume(id: string): Promise<void> {
    this.live(id).run = await this.#client.call('runs.resume', { id })
    void this.refresh()
  }
}

export const [useRuns, provideRuns] = createContext<Runs>()
