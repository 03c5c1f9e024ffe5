/**
 * Kaiming (He) initialisation as `torch.nn.init` does it, mode fan-in, gain of a leaky ReLU with slope `a`.
 *
 * Source: He et al., arXiv 1502.01852, equation 14; PEFT's VeRA uses the uniform form with a = 0.
 */
import { randn, uniform, type TorchGenerator } from './random.ts'

function standardDeviation(fanIn: number, a: number): number {
  return Math.sqrt(2 / (1 + a * a)) / Math.sqrt(fanIn)
}

/** A float32 matrix [rows, columns], row-major, uniform in ±√3·std; the fan-in is `columns`. */
export function kaimingUniform(
  generator: TorchGenerator,
  rows: number,
  columns: number,
  a: number = 0,
): Float32Array {
  const bound = Math.sqrt(3) * standardDeviation(columns, a)
  return uniform(generator, rows * columns, -bound, bound)
}

/** A float32 matrix [rows, columns], row-major, normal with mean 0 and the Kaiming standard deviation. */
export function kaimingNormal(
  generator: TorchGenerator,
  rows: number,
  columns: number,
  a: number = 0,
): Float32Array {
  const scale = standardDeviation(columns, a)
  return randn(generator, rows * columns).map((value) => value * scale)
}
