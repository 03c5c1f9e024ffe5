import { momentOf, type Optimizer } from './optimizer.ts'

export interface SgdSettings {
  /** 0 is plain gradient descent. */
  readonly momentum: number
  /** As `torch.optim.SGD` has it: added to the gradient, so momentum carries it on. */
  readonly weightDecay: number
}

/**
 * Stochastic gradient descent with momentum; remembers the velocity.
 *
 * Source: Sutskever et al. 2013 in the form of `torch.optim.SGD`: v = momentum · v + g; p = p − rate · v.
 */
export function sgd({ momentum, weightDecay }: SgdSettings): Optimizer {
  return {
    moments: ['velocity'],
    step(parameters, gradient, state, learningRate, groups) {
      const velocity = momentOf(state, 'velocity')
      state.stepCount++
      for (const { start, end, scale } of groups) {
        const rate = learningRate * scale
        for (let i = start; i < end; i++) {
          const parameter = parameters[i] as number
          const slope = Math.fround((gradient[i] as number) + weightDecay * parameter)
          const speed = Math.fround(momentum * (velocity[i] as number) + slope)
          velocity[i] = speed
          parameters[i] = parameter - rate * speed
        }
      }
    },
  }
}
