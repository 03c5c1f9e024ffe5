/**
 * AdamW over one flat vector of parameters.
 *
 * Source: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, with the order of operations of
 * `torch.optim.AdamW`: state in float32, bias corrections in double.
 */

export interface AdamWSettings {
  /** Decoupled: each step shrinks every parameter by `learningRate * weightDecay` of itself. */
  readonly weightDecay: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}

/** PyTorch's defaults. */
export const ADAMW_DEFAULTS: AdamWSettings = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }

/** What the optimizer remembers between steps; a checkpoint stores it to go on exactly where it stopped. */
export interface AdamWState {
  /** Steps taken so far. */
  stepCount: number
  /** Running mean of the gradients, as long as the parameters. */
  readonly firstMoment: Float32Array
  /** Running mean of their squares. */
  readonly secondMoment: Float32Array
}

/** The state before the first step, for `length` parameters. */
export function newAdamWState(length: number): AdamWState {
  return { stepCount: 0, firstMoment: new Float32Array(length), secondMoment: new Float32Array(length) }
}

/** One step: changes `parameters` and `state` in place and allocates nothing; all vectors are equally long. */
export function stepAdamW(
  parameters: Float32Array,
  gradient: Float32Array,
  state: AdamWState,
  learningRate: number,
  settings: AdamWSettings,
): void {
  const { weightDecay, beta1, beta2, epsilon } = settings
  const { firstMoment, secondMoment } = state
  const step = ++state.stepCount
  const kept = Math.fround(1 - learningRate * weightDecay)
  const stepSize = learningRate / (1 - beta1 ** step)
  const secondCorrection = Math.sqrt(1 - beta2 ** step)
  for (let i = 0; i < parameters.length; i++) {
    const slope = gradient[i] as number
    const previous = firstMoment[i] as number
    const mean = Math.fround(previous + (1 - beta1) * (slope - previous))
    const square = Math.fround(beta2 * (secondMoment[i] as number) + (1 - beta2) * slope * slope)
    firstMoment[i] = mean
    secondMoment[i] = square
    const decayed = Math.fround(kept * (parameters[i] as number))
    parameters[i] = decayed - (stepSize * mean) / (Math.sqrt(square) / secondCorrection + epsilon)
  }
}
