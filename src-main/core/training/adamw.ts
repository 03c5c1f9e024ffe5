import { momentOf, type Optimizer } from './optimizer.ts'

export interface AdamWSettings {
  /** Decoupled: each step shrinks every parameter by `learningRate * weightDecay` of itself. */
  readonly weightDecay: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}

/** PyTorch's defaults. */
export const ADAMW_DEFAULTS: AdamWSettings = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }

/**
 * AdamW; remembers the running means of the gradients and of their squares.
 *
 * Source: Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, with the order of operations of
 * `torch.optim.AdamW`: state in float32, bias corrections in double.
 */
export function adamw({ weightDecay, beta1, beta2, epsilon }: AdamWSettings): Optimizer {
  return {
    moments: ['first_moment', 'second_moment'],
    step(parameters, gradient, state, learningRate, groups) {
      const firstMoment = momentOf(state, 'first_moment')
      const secondMoment = momentOf(state, 'second_moment')
      const step = ++state.stepCount
      const secondCorrection = Math.sqrt(1 - beta2 ** step)
      for (const { start, end, scale } of groups) {
        const rate = learningRate * scale
        const kept = Math.fround(1 - rate * weightDecay)
        const stepSize = rate / (1 - beta1 ** step)
        for (let i = start; i < end; i++) {
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
    },
  }
}
