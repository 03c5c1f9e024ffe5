/** What the person is about to start: the choices of the form, and what they would take. */
import type { TrainingPreset, TrainingSettings } from '../../src-main/contract/entities.ts'
import type { Estimate } from '../../src-main/contract/estimate.ts'
import type { ProcedureInput } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import { Task } from '../ui/task.svelte.ts'
import { type SettingKey, shapeKeys } from './advanced-fields.ts'

export const presets = ['quick', 'balanced', 'thorough'] as const
export const mostProbes = 5

type Input = ProcedureInput<'personalize.start'>

export class Plan {
  name = $state('')
  modelId = $state<string | null>(null)
  onlySelected = $state(false)
  /** 0 to 0.5: the share that is only measured. */
  heldOutRatio = $state(0.1)
  preset = $state<TrainingPreset>('balanced')
  /** Questions that are answered while it learns; an empty one is none. */
  probes = $state<readonly string[]>([''])
  /** The assistant to go on from; null begins anew. */
  parentId = $state<string | null>(null)
  /** What differs from the preset. */
  changes = $state.raw<Partial<TrainingSettings>>({})
  /** What was entered that can't be used, by its setting. */
  problems = $state.raw<Partial<Record<SettingKey, string>>>({})
  readonly defaults: Loadable<TrainingSettings>
  readonly estimating = new Task()
  /** Of the estimate that is under way, 0 to 1. */
  estimateShare = $state(0)
  #estimated = $state.raw<{ readonly of: string; readonly estimate: Estimate } | null>(null)
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
    this.defaults = new Loadable(async () => {
      const { modelId, preset, parentId } = this
      if (modelId === null) throw new Error('no model is chosen')
      return await client.call('personalize.defaults', { modelId, preset, parentId })
    })
  }

  get settings(): TrainingSettings | undefined {
    const defaults = this.defaults.value
    return defaults && { ...defaults, ...this.changes }
  }

  change(part: Partial<TrainingSettings>): void {
    const problems = { ...this.problems }
    for (const key of Object.keys(part) as SettingKey[]) delete problems[key]
    this.problems = problems
    this.changes = { ...this.changes, ...part }
  }

  reject(key: SettingKey, problem: string): void {
    this.problems = { ...this.problems, [key]: problem }
  }

  reset(): void {
    this.changes = {}
    this.problems = {}
  }

  /** Begins anew, or goes on from an assistant: then its shape is not a choice. */
  goOnFrom(parentId: string | null): void {
    this.parentId = parentId
    const kept = Object.entries(this.changes).filter(([key]) => !shapeKeys.has(key as SettingKey))
    if (parentId !== null) this.changes = Object.fromEntries(kept)
  }

  input(modelId: string, selected: ReadonlySet<string>): Input {
    const probes = this.probes.map((probe) => probe.trim()).filter((probe) => probe !== '')
    return {
      name: this.name.trim(),
      modelId,
      exampleIds: this.onlySelected ? [...selected] : null,
      preset: this.preset,
      settings: this.changes,
      heldOutRatio: this.heldOutRatio,
      ...(probes.length === 0 ? {} : { probes }),
      ...(this.parentId === null ? {} : { parentId: this.parentId }),
    }
  }

  /** What just this would take; null until it was measured. */
  estimateOf(input: Input): Estimate | null {
    return this.#estimated?.of === keyOf(input) ? this.#estimated.estimate : null
  }

  async estimate(input: Input): Promise<void> {
    this.estimateShare = 0
    await this.estimating.run(async (signal) => {
      const onEvent = ({ share }: { readonly share: number }) => (this.estimateShare = share)
      const estimate = await this.#client.call('personalize.estimate', input, { signal, onEvent })
      if (!signal.aborted) this.#estimated = { of: keyOf(input), estimate }
    })
  }
}

/** A name costs nothing. */
function keyOf({ name: _, ...input }: Input): string {
  return JSON.stringify(input)
}

/** How many examples are learned and how many only measured; the app divides them for good when it starts. */
export function division(count: number, heldOutRatio: number): { learned: number; heldOut: number } {
  const wanted =
    heldOutRatio > 0 && count >= fewestToSplit ? Math.max(1, Math.round(count * heldOutRatio)) : 0
  const heldOut = Math.min(wanted, Math.max(0, count - 1))
  return { learned: count - heldOut, heldOut }
}

/** As the app has it: with fewer, one held back is missed more than its loss tells. */
const fewestToSplit = 5
