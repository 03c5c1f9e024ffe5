/** What every optimizer is: a rule that moves one flat vector of parameters and remembers flat vectors of its own. */
import type { VeraLayout } from '../vera/layout.ts'

/** What an optimizer remembers between steps; a checkpoint stores it to go on exactly where it stopped. */
export interface OptimizerState {
  /** Steps taken so far. */
  stepCount: number
  /** By the optimizer's names for them, each as long as the parameters. */
  readonly moments: Readonly<Record<string, Float32Array>>
}

/** A part of the flat vector, [start, end), with a learning rate of its own: `scale` times the step's. */
export interface RateGroup {
  readonly start: number
  readonly end: number
  readonly scale: number
}

export interface Optimizer {
  /** The names of its vectors, which all begin as zeros. */
  readonly moments: readonly string[]
  /**
   * One step: changes `parameters` and `state` in place and allocates nothing; all vectors are equally long.
   * Parameters outside of the groups stay as they are.
   */
  step(
    parameters: Float32Array,
    gradient: Float32Array,
    state: OptimizerState,
    learningRate: number,
    groups: readonly RateGroup[],
  ): void
}

/** The state before the first step, for `length` parameters. */
export function newOptimizerState({ moments }: Optimizer, length: number): OptimizerState {
  return {
    stepCount: 0,
    moments: Object.fromEntries(moments.map((name) => [name, new Float32Array(length)])),
  }
}

/** The optimizer's vector of that name. */
export function momentOf({ moments }: OptimizerState, name: string): Float32Array {
  const moment = moments[name]
  if (moment === undefined) throw new TypeError(`The optimizer's state has no “${name}”.`)
  return moment
}

/** One rate for all parameters. */
export function oneRate(length: number): readonly RateGroup[] {
  return [{ start: 0, end: length, scale: 1 }]
}

/** The flat vector of an adapter: λ_d (LoRA: A) and all else, λ_b, B and biases, with learning rates of their own. */
export function rateGroups(
  layout: VeraLayout,
  scales: { readonly lambdaD: number; readonly lambdaB: number },
): readonly RateGroup[] {
  const { lambdaD, lambdaB } = scales
  if (lambdaD === lambdaB) return [{ start: 0, end: layout.length, scale: lambdaD }]
  return layout.sites
    .flatMap((site) => site.parts)
    .map(({ name, start, length }) => ({
      start,
      end: start + length,
      scale: name === 'lambda_d' || name === 'lora_A' ? lambdaD : lambdaB,
    }))
}
