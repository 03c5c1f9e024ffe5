import { kaimingUniform } from './kaiming.ts'
import type { VeraLayout } from './layout.ts'
import { TorchGenerator } from './random.ts'

/**
 * The start of training, at which the model is still the base: VeRA's lambda_d is `dInitial` and lambda_b 0; LoRA's
 * A is Kaiming uniform with a = √5, drawn site by site from `key`, and B 0, as PEFT has them.
 */
export function initialVectors(layout: VeraLayout, dInitial: number, key = 0): Float32Array {
  const vectors = new Float32Array(layout.length)
  const generator = new TorchGenerator(key)
  for (const { rank, inFeatures, parts } of layout.sites) {
    for (const { name, start, length } of parts) {
      if (name === 'lambda_d') vectors.fill(dInitial, start, start + length)
      if (name === 'lora_A') vectors.set(kaimingUniform(generator, rank, inFeatures, Math.sqrt(5)), start)
    }
  }
  return vectors
}
