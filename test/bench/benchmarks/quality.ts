import { readFileSync } from 'node:fs'
import type { Study } from '../benchmark.ts'
import { openRealModel, runtimeNamed } from './real-model.ts'

const reference = new URL('../../golden/reference/smollm2/perplexity.json', import.meta.url)
/** Tokens whose logits are held at once. */
const pieceTokens = 128

/** How far the faster arithmetics stray from float32 on the reference text. */
export const quality: Study = {
  name: 'quality',
  group: 'chat',
  description:
    'each arithmetic against exact float32: KL (nats a token), agreement of the likeliest token, perplexity',
  async run() {
    const { ids } = JSON.parse(readFileSync(reference, 'utf8')) as { readonly ids: readonly number[] }
    const exact = await open('veranda --exact')
    if (exact === null) return null
    const figures: Record<string, object> = {}
    for (const program of ['veranda', 'veranda --fast']) {
      const other = await open(program)
      if (other === null) continue
      figures[program] = await compare(ids, exact, other)
      await other.close()
    }
    await exact.close()
    return figures
  },
}

interface Reader {
  /** The logits after each of the tokens, `[tokens, V]`. */
  read(tokens: readonly number[]): Promise<Float32Array>
  rewind(): void
  close(): Promise<void>
}

async function open(program: string): Promise<Reader | null> {
  const runtime = runtimeNamed(program)
  const model = runtime === null ? null : openRealModel(runtime)
  if (model === null) return null
  const { decoder, close } = await model.open(null)
  return {
    read: (tokens) => decoder.logits(tokens, [...tokens.keys()]),
    rewind: () => decoder.truncate(0),
    close: async () => {
      await close()
      await model.close()
    },
  }
}

async function compare(ids: readonly number[], exact: Reader, other: Reader): Promise<object> {
  exact.rewind()
  let [divergence, agreed, exactLoss, otherLoss] = [0, 0, 0, 0]
  for (let start = 0; start < ids.length - 1; start += pieceTokens) {
    const piece = ids.slice(start, Math.min(start + pieceTokens, ids.length - 1))
    const [p, q] = [await exact.read(piece), await other.read(piece)]
    const V = p.length / piece.length
    for (const place of piece.keys()) {
      const [a, b] = [p, q].map((logits) => logProbabilities(logits.subarray(place * V, (place + 1) * V)))
      if (a === undefined || b === undefined) continue
      a.forEach((value, id) => (divergence += Math.exp(value) * (value - (b[id] ?? 0))))
      if (likeliest(a) === likeliest(b)) agreed++
      const next = ids[start + place + 1] ?? 0
      exactLoss -= a[next] ?? NaN
      otherLoss -= b[next] ?? NaN
    }
  }
  const count = ids.length - 1
  const [exactPerplexity, perplexity] = [Math.exp(exactLoss / count), Math.exp(otherLoss / count)]
  return { tokens: count, kl: divergence / count, top1: agreed / count, perplexity, exactPerplexity }
}

function logProbabilities(logits: Float32Array): Float64Array {
  const top = logits.reduce((a, b) => Math.max(a, b))
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
  return Float64Array.from(logits, (logit) => logit - top - Math.log(total))
}

function likeliest(values: Float64Array): number {
  return values.reduce((best, value, id) => (value > (values[best] ?? -Infinity) ? id : best), 0)
}
