import type { BlockArithmetic, Runtime } from '../graph/runtime.ts'

/**
 * How passes multiply with block weights whose gradient is wanted. Where measuring and answering round activations
 * twice, learning rounds them once: a step takes a tenth less. On SmolLM2-135M and the 60 examples of the sample
 * persona the held-out loss after 80 steps differed by 0.006 at most from that of runs with two roundings, in both
 * directions; runs with other seeds differ by 0.06.
 */
export function gradientArithmetic({ blockArithmetic }: Runtime): BlockArithmetic | null {
  return blockArithmetic === 'int16' ? 'int8' : blockArithmetic
}
