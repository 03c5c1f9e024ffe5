/**
 * How much memory a training's passes take, found without running out of it: passes grow twofold up to the largest
 * one, and one that would not fit by the growth of those before is not run.
 */
import type { PlannedStep } from '../core/training/epochs.ts'
import type { TokenizedExample } from '../core/training/packing.ts'
import { isOutOfMemory } from './out-of-memory.ts'

export interface PassMemory {
  /** Tokens of the largest pass that was run; 0 where none could. */
  readonly tokens: number
  /** The highest resident size of the process in it. */
  readonly peakBytes: number
  /** What the whole step would take in one pass: measured where it was run, else by the growth so far. */
  readonly wholeBytes: number
  /** Whether the whole step was run. */
  readonly isWhole: boolean
}

interface Growing {
  /** Runs a pass over the examples; its peak in bytes. */
  readonly run: (examples: readonly TokenizedExample[]) => Promise<number>
  /** What the process may still grow by. */
  readonly availableBytes: () => number
  readonly signal: AbortSignal
}

export async function growPasses(
  step: PlannedStep,
  { run, availableBytes, signal }: Growing,
): Promise<PassMemory> {
  const shortestFirst = step.examples.toSorted((a, b) => a.ids.length - b.ids.length)
  let known: { readonly tokens: number; readonly peakBytes: number } | null = null
  let bytesPerToken = 0
  for (let count = 1; ;) {
    const examples = shortestFirst.slice(0, count)
    const tokens = tokensOf(examples)
    const predicted: number = known === null ? 0 : known.peakBytes + bytesPerToken * (tokens - known.tokens)
    const limit = process.memoryUsage.rss() + availableBytes()
    const whole = (): PassMemory => ({
      tokens: known?.tokens ?? 0,
      peakBytes: known?.peakBytes ?? 0,
      wholeBytes: (known?.peakBytes ?? limit) + bytesPerToken * (step.tokens - (known?.tokens ?? 0)),
      isWhole: count === step.examples.length,
    })
    if (predicted > limit) return { ...whole(), isWhole: false }
    let peakBytes: number
    try {
      peakBytes = await run(examples)
    } catch (error) {
      if (isOutOfMemory(error)) return { ...whole(), isWhole: false }
      throw error
    }
    if (known !== null && tokens > known.tokens) {
      bytesPerToken = Math.max(0, peakBytes - known.peakBytes) / (tokens - known.tokens)
    }
    known = { tokens, peakBytes }
    if (count === step.examples.length || signal.aborted) return whole()
    count = Math.max(count + 1, upTo(shortestFirst, 2 * tokens))
  }
}

/** How many of the examples have at most so many tokens together. */
function upTo(examples: readonly TokenizedExample[], mostTokens: number): number {
  let tokens = 0
  const first = examples.findIndex(({ ids }) => (tokens += ids.length) > mostTokens)
  return first === -1 ? examples.length : first
}

function tokensOf(examples: readonly TokenizedExample[]): number {
  return examples.reduce((sum, { ids }) => sum + ids.length, 0)
}
