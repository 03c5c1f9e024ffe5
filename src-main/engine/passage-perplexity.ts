import type { Runtime } from '../core/graph/runtime.ts'
import type { WeightSource } from '../core/llama/weight-source.ts'
import type { Tokenizer } from '../core/tokenizer/tokenizer.ts'
import { TrainingPass } from '../core/training/loss-gradient.ts'
import { measure } from '../core/training/trainer.ts'

/** The text is read in windows of so many tokens, each without knowing the one before. */
const windowTokens = 256
/** Enough to tell weights apart to a few tenths of a percent. */
const maxTokens = 1024
/** A pass that a person can wait for before their cancelling is seen. */
const passTokens = 512

/**
 * How well a model predicts a text: e to the mean cross entropy over its tokens, of which at most 1,024 count. Yields
 * the share that is done.
 */
export async function* passagePerplexity(
  runtime: Runtime,
  weights: WeightSource,
  tokenizer: Tokenizer,
  passage: string,
): AsyncGenerator<number, number> {
  const ids = tokenizer.encode(passage, { special: false }).slice(0, maxTokens)
  const first = tokenizer.bosId === null ? [] : [tokenizer.bosId]
  const length = Math.min(windowTokens, weights.model.config.contextLength) - first.length
  const windows = Array.from({ length: Math.ceil(ids.length / length) }, (_, index) => {
    const window = [...first, ...ids.slice(index * length, (index + 1) * length)]
    return { id: String(index), ids: window, scored: window.map(() => true) }
  })
  const total = windows.reduce((sum, window) => sum + window.ids.length - 1, 0)
  const pass = await TrainingPass.open(runtime, weights)
  try {
    const measuring = measure(pass, null, windows, passTokens)
    for (;;) {
      const { done, value } = await measuring.next()
      if (done === true) return Math.exp(value.lossSum / value.labels)
      yield value.labels / total
    }
  } finally {
    await pass.close()
  }
}
