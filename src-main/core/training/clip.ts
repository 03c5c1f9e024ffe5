/**
 * Clipping the gradient by its norm.
 *
 * Source: Pascanu et al., arXiv 1211.5063; arithmetic of `torch.nn.utils.clip_grad_norm_`.
 */

/** PyTorch's guard against a division by zero. */
const EPSILON = 1e-6

/** The Euclidean norm over the whole vector, summed in double. Not finite where a value isn't. */
export function gradientNorm(gradient: Float32Array): number {
  let squares = 0
  for (const value of gradient) squares += value * value
  return Math.sqrt(squares)
}

/**
 * Scales the gradient in place to a norm of at most `maxNorm` (0 is off) and returns its norm from before.
 *
 * A norm that isn't finite is returned with the gradient left as it was: the caller must not step on it.
 */
export function clipGradient(gradient: Float32Array, maxNorm: number): number {
  const norm = gradientNorm(gradient)
  if (maxNorm === 0 || !Number.isFinite(norm)) return norm
  const scale = Math.fround(maxNorm / (norm + EPSILON))
  if (scale < 1) for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * scale
  return norm
}
