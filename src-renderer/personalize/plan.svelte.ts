/** What the person is about to start: the choices of the form. */
import type { TrainingSettings } from '../../src-main/contract/entities.ts'
import type { ProcedureInput } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'

export class Plan {
  name = $state('')
  modelId = $state<string | null>(null)
  onlySelected = $state(false)
  /** 0 to 0.5: the share that is only measured. */
  heldOutRatio = $state(0.1)
  /** What differs from the defaults. */
  changes = $state.raw<Partial<TrainingSettings>>({})
  readonly defaults: Loadable<TrainingSettings>

  constructor(client: Client) {
    this.defaults = new Loadable(async () => {
      if (this.modelId === null) throw new Error('no model is chosen')
      return await client.call('personalize.defaults', { modelId: this.modelId })
    })
  }

  get settings(): TrainingSettings | undefined {
    const defaults = this.defaults.value
    return defaults && { ...defaults, ...this.changes }
  }

  change(part: Partial<TrainingSettings>): void {
    this.changes = { ...this.changes, ...part }
  }

  input(modelId: string, selected: ReadonlySet<string>): ProcedureInput<'personalize.start'> {
    return {
      name: this.name.trim(),
      modelId,
      exampleIds: this.onlySelected ? [...selected] : null,
      settings: this.changes,
      heldOutRatio: this.heldOutRatio,
    }
  }
}

/** How many examples are learned and how many only measured; the app divides them for good when it starts. */
export function division(count: number, heldOutRatio: number): { learned: number; heldOut: number } {
  const wanted = heldOutRatio > 0 ? Math.max(1, Math.round(count * heldOutRatio)) : 0
  const heldOut = Math.min(wanted, Math.max(0, count - 1))
  return { learned: count - heldOut, heldOut }
}
