/** The training runs PyTorch made of the tiny models; see section 3 of the fixtures' README. */
import { referenceJson, referenceTensors } from '../reference-data.ts'

export interface Trajectory {
  readonly spec: {
    readonly kind: 'vera' | 'lora'
    readonly steps: number
    readonly lr: number
    readonly wd: number
    readonly clip: number | null
    readonly warmup: number | null
  }
  readonly log: readonly {
    readonly step: number
    readonly lr: number
    readonly grad_norm_before_clip: number
  }[]
}

export const trajectories = Object.entries(
  referenceJson<Record<string, Trajectory>>('tiny-llama/trajectories/trajectories.json'),
).map(([name, trajectory]) => ({ name, ...trajectory }))

/** All tensors of a group such as `init` or `grad_step01` as one flat vector, in the order of their names. */
export function flatGroup(trajectory: string, group: string): Float32Array {
  const tensors = referenceTensors(`tiny-llama/trajectories/${trajectory}.safetensors`)
  const names = [...tensors.keys()].filter((name) => name.startsWith(`${group}/`)).toSorted()
  const values = names.flatMap((name) => [...(tensors.get(name) ?? [])])
  return new Float32Array(values)
}
