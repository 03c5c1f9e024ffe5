import type { Benchmark, Results } from '../benchmark.ts'
import { openContenders, type Role } from '../contenders.ts'
import type { Measurement } from '../measure.ts'
import { threads } from './real-model.ts'

const answerTokens = 32

/** What the tokens are makes no difference to the time. */
const text = (length: number): number[] => Array.from({ length }, (_, i) => 100 + ((i * 7919) % 40_000))

/** Prompts are read anew every time. */
export const prefill: Benchmark = {
  name: 'prefill',
  group: 'chat',
  description: `reading a prompt of 128 tokens, ${threads} threads`,
  amount: { count: 128, unit: 'tokens' },
  prepare: () => prepare(0, text(128), [128], (ratio) => ({ prefillRatio: ratio })),
}

/** One token a step after a text that was read before, unmeasured. */
export const decodes: readonly Benchmark[] = [128, 1024, 4096].map((context) => ({
  name: `decode-${context}`,
  group: 'chat',
  description: `${answerTokens} tokens one by one after ${context}, ${threads} threads`,
  amount: { count: answerTokens, unit: 'tokens' },
  prepare: () =>
    prepare(context, text(answerTokens), Array<number>(answerTokens).fill(1), (ratio, adapterCost) => ({
      [`decodeRatio${context}`]: ratio,
      [context === 128 ? 'liveAdapterCost' : `liveAdapterCost${context}`]: adapterCost,
    })),
}))

/**
 * @param context tokens that are read beforehand, and to which each run goes back
 * @param steps how many of `tokens` each step reads
 */
async function prepare(
  context: number,
  tokens: readonly number[],
  steps: readonly number[],
  figures: (ratio: number, adapterCost: number) => Results,
) {
  const contenders = await openContenders(context + 128)
  if (contenders === null) return null
  for (const { read } of contenders.list) if (context > 0) await read(text(context))
  const variants = contenders.list.map(({ name, read, rewind }) => ({
    name,
    before: () => rewind(context),
    async run() {
      let start = 0
      for (const count of steps) await read(tokens.slice(start, (start += count)))
    },
  }))
  const roles = contenders.list.map(({ role }) => role)
  return {
    variants,
    results(measurements: readonly Measurement[]): Results {
      const by = (time: (measurement: Measurement) => number): Results => {
        const of = (role: Role): number => {
          const measurement = measurements[roles.indexOf(role)]
          return measurement === undefined ? NaN : time(measurement)
        }
        const figuresOf = (plain: Role, adapted: Role): Results =>
          figures(of('llama.cpp') / of(plain), of(adapted) / of(plain) - 1)
        return {
          ...figuresOf('chat', 'adapted'),
          fallback: figuresOf('fallback', 'fallbackAdapted'),
          fast: figures(of('llama.cpp') / of('fast'), NaN),
        }
      }
      return { ...by(({ medianMs }) => medianMs), minimum: by(({ minMs }) => minMs) }
    },
    close: () => contenders.close(),
  }
}
