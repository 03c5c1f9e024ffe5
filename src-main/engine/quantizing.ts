/** Quantising a float model at its import: whether there is anything to quantise, and what it costs. */
import { join } from 'node:path'
import { mapEvents } from '../contract/event-stream.ts'
import { Failure } from '../contract/failure.ts'
import { sentence, type Sentence } from '../contract/sentence.ts'
import { formatShares, type LlamaCheckpoint } from '../core/llama/llama-checkpoint.ts'
import { blockPlan } from '../core/llama/quantize-plan.ts'
import type { StoredModel } from '../core/llama/stored-model.ts'
import type { WeightSource } from '../core/llama/weight-source.ts'
import { createTokenizer } from '../core/tokenizer/tokenizer.ts'
import { CheckpointWeights } from './checkpoint-weights.ts'
import type { Quantizing } from './contract.ts'
import { FileWeights } from './file-weights.ts'
import { weightsFile } from './model-folder.ts'
import { passagePerplexity } from './passage-perplexity.ts'
import type { EngineResources } from './resources.ts'

export interface MeasuredQuantizing {
  /** For example `4 bits 79%, 8 bits 21%`. */
  readonly shares: Sentence
  /** The formats of the source. */
  readonly from: Sentence
  /** On the passage; null where the model came without a tokenizer. */
  readonly perplexity: { readonly before: number; readonly after: number } | null
}

/** @throws Failure `nothing-to-quantize` */
export function checkQuantizing({ tensors, quantization }: LlamaCheckpoint, bits: 4 | 8): void {
  if ([...tensors.values()].some((tensor) => blockPlan(tensor, bits) !== null)) return
  throw new Failure(
    'nothing-to-quantize',
    sentence`This model has no float weights that can be quantised to ${bits} bits: they are ${quantization}. Import it as it is.`,
  )
}

/** Reads the passage with the weights as they were and as they are now; yields the share that is done. */
export async function* measureQuantizing(
  { codecs, background }: Pick<EngineResources, 'codecs' | 'background'>,
  checkpoint: LlamaCheckpoint,
  model: StoredModel,
  directory: string,
  { bits, passage }: Quantizing,
): AsyncGenerator<number, MeasuredQuantizing> {
  const shares = formatShares(
    [...checkpoint.tensors.values()].map((tensor) => {
      const plan = blockPlan(tensor, bits)
      return [plan === null ? tensor.format : plan.bits, tensor.shape]
    }),
  )
  const from = checkpoint.quantization
  if (checkpoint.tokenizer === null) return { shares, from, perplexity: null }
  const tokenizer = createTokenizer(checkpoint.tokenizer)
  const read = (weights: WeightSource) => passagePerplexity(background, weights, tokenizer, passage)
  const before = yield* mapEvents(read(new CheckpointWeights(checkpoint, codecs)), (share) => share / 2)
  const written = new FileWeights(model, join(directory, weightsFile), codecs, null)
  try {
    const after = yield* mapEvents(read(written), (share) => (1 + share) / 2)
    return { shares, from, perplexity: { before, after } }
  } finally {
    written.close()
  }
}

export function quantizingNote({ shares, from, perplexity }: MeasuredQuantizing): Sentence {
  if (perplexity === null) return sentence`${shares}, from ${from}`
  const [before, after] = [toHundredths(perplexity.before), toHundredths(perplexity.after)]
  return sentence`${shares}, from ${from}: perplexity ${before} → ${after} on a fixed text`
}

function toHundredths(perplexity: number): number {
  return Math.round(100 * perplexity) / 100
}
