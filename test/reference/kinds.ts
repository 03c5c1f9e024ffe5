import type { ModelKind, ReferenceKind } from './kind.ts'
import { counts } from './kinds/counts.ts'
import { ggufQuants } from './kinds/gguf-quants.ts'
import { peftAdapters } from './kinds/peft-adapters.ts'
import { projections } from './kinds/projections.ts'
import { rng } from './kinds/rng.ts'
import { smollm2Logits } from './kinds/smollm2-logits.ts'
import { smollm2Text } from './kinds/smollm2-text.ts'
import { smollm2Training } from './kinds/smollm2-training.ts'
import { smollm2Weights } from './kinds/smollm2-weights.ts'
import { tinyLlamaForward } from './kinds/tiny-llama-forward.ts'
import { tinyLlamaGradients } from './kinds/tiny-llama-gradients.ts'
import { tinyLlamaTrajectories } from './kinds/tiny-llama-trajectories.ts'
import { trainingData } from './kinds/training-data.ts'

/** Every kind of fixture that a reference folder may hold, in the order in which they build on each other. */
export const kinds: readonly ReferenceKind[] = [
  rng,
  projections,
  tinyLlamaForward,
  tinyLlamaGradients,
  tinyLlamaTrajectories,
  peftAdapters,
  ggufQuants,
  counts,
  trainingData,
]

/** The kinds that need the real model. */
export const modelKinds: readonly ModelKind[] = [smollm2Text, smollm2Weights, smollm2Logits, smollm2Training]
