/**
 * One decoder layer, and the head, as graph nodes: RMS norm, attention, RMS norm, gated MLP (and RMS norms of
 * what the two give, in some models).
 *
 * `B` rows, `T` tokens of a row, `N = B·T`, `H` hiddenSize, `D` headDim, `Q` query heads, `K` key/value heads,
 * `G = Q/K`, `C` capacity of the KV cache, `S` keys a query may see (T, or C + T with a cache).
 */
import type { GraphBuilder } from '../graph/builder.ts'
import { type Dim, graphFailure, type Shape, type Value } from '../graph/graph.ts'
import * as op from '../graph/operators.ts'
import { gates, softCap } from './activations.ts'
import type { LlamaConfig } from './config.ts'
import { hasBias, type LinearKind, linearPath, linearSize } from './linear-kinds.ts'
import { layerNorms } from './tensor-names.ts'

/** In a mask, what hides a key: large enough to leave no weight, finite so that a row of padding stays a number. */
export const hiddenScore = -1e30

/** A frozen parameter (a norm's scale, a bias) by its name in the checkpoint. */
export type ParameterOf = (name: string, shape: Shape) => Value

/** Keys and values of earlier tokens. */
export interface PastValues {
  /** `[B·K, D, C]`: transposed, so that no token has to turn the whole cache. */
  readonly keys: Value
  /** `[B·K, C, D]` */
  readonly values: Value
  /** C, int64 [1]; null: the new ones are put behind these, and together they are what the layer gives out. */
  readonly capacity: Value | null
}

export interface LayerInputs {
  /** `[N, H]` */
  readonly x: Value
  /** `[N, D/2]` each; null: this layer doesn't rotate. */
  readonly rotary: { readonly cos: Value; readonly sin: Value } | null
  /** Added to the scores, 0 or `hiddenScore`: `[B·K or 1, G·T or 1, S]` */
  readonly mask: Value
  /** B and T, of which one may be known only when the graph runs; then N stands for both. */
  readonly rows: Dim
  readonly tokens: Dim
  readonly past: PastValues | null
  /** Whether the runtime has `Attention` and `CachedAttention`; not for a cache that is joined. */
  readonly fused: boolean
}

export interface LayerOutputs {
  /** `[N, H]` */
  readonly x: Value
  /** Of these tokens, `[N, K·D]` each. */
  readonly keys: Value
  readonly values: Value
  /** Of the past ones and these where the cache is joined: `[B·K, D, C+T]` and `[B·K, C+T, D]` */
  readonly joined: { readonly keys: Value; readonly values: Value } | null
}

/** Appends the layer whose tensors are named `<prefix>.self_attn.q_proj.weight` and so on. */
export function decoderLayer(
  g: GraphBuilder,
  config: LlamaConfig,
  prefix: string,
  parameter: ParameterOf,
  inputs: LayerInputs,
): LayerOutputs {
  const { hiddenSize: H, headDim: D, headCount: Q, kvHeadCount: K, normEpsilon } = config
  const { x, rows: B, tokens: T } = inputs
  const G = Q / K

  const project = (input: Value, kind: LinearKind): Value => {
    const { inFeatures, outFeatures } = linearSize(config, kind)
    const name = `${prefix}.${linearPath(kind)}`
    const y = op.linear(g, input, name, inFeatures, outFeatures)
    return hasBias(config, kind) ? op.add(g, y, parameter(`${name}.bias`, [outFeatures])) : y
  }
  const norm = (input: Value, name: string): Value =>
    op.rmsNorm(g, input, parameter(`${prefix}.${name}.weight`, [H]), normEpsilon)
  const normHeads = (input: Value, heads: number, name: string): Value => {
    if (!config.queryKeyNorm) return input
    const scale = parameter(`${prefix}.self_attn.${name}.weight`, [D])
    const normalized = op.rmsNorm(g, op.reshape(g, input, ['N', heads, D]), scale, normEpsilon)
    return op.reshape(g, normalized, ['N', heads * D])
  }
  const rotate = (input: Value, scale: number): Value => {
    if (inputs.rotary !== null)
      return op.rotaryEmbedding(g, input, inputs.rotary.cos, inputs.rotary.sin, scale)
    return scale === 1 ? input : op.mul(g, input, g.float32(scale))
  }

  const normalized = norm(x, 'input_layernorm')
  // The scale (1/√D) is put on the queries: they are fewer than the scores.
  const scale = config.scoreScale ?? 1 / Math.sqrt(D)
  const queries = rotate(normHeads(project(normalized, 'q_proj'), Q, 'q_norm'), scale)
  const keys = rotate(normHeads(project(normalized, 'k_proj'), K, 'k_norm'), 1)
  const values = project(normalized, 'v_proj')
  const { past } = inputs

  let joined: LayerOutputs['joined'] = null
  const attendFused = (): Value => {
    const shape = { heads: Q, kvHeads: K }
    if (past !== null) {
      return op.cachedAttention(g, [queries, keys, values, past.keys, past.values, inputs.mask], shape)
    }
    if (typeof B === 'string') throw graphFailure('Attention needs to know its rows beforehand.')
    return op.attention(g, [queries, keys, values, inputs.mask], { ...shape, rows: B })
  }
  const attendPlain = (): Value => {
    const turned = (x: Value, heads: Shape, perm: readonly number[], shape: Shape): Value =>
      op.reshape(g, op.transpose(g, op.reshape(g, x, [B, T, ...heads, D]), perm), shape)
    const newKeys = turned(keys, [K], [0, 2, 3, 1], [times(K, B), D, T])
    const newValues = turned(values, [K], [0, 2, 1, 3], [times(K, B), T, D])
    if (past !== null && past.capacity === null) {
      joined = {
        keys: op.concat(g, [past.keys, newKeys], 2),
        values: op.concat(g, [past.values, newValues], 1),
      }
    }
    const seen = joined ?? { keys: newKeys, values: newValues }
    const turnedQueries = turned(queries, [K, G], [0, 2, 3, 1, 4], [times(K, B), times(G, T), D])
    const attended = attend(g, config, turnedQueries, seen.keys, seen.values, inputs)
    const byToken = op.transpose(g, op.reshape(g, attended, [B, K, G, T, D]), [0, 3, 1, 2, 4])
    return op.reshape(g, byToken, ['N', Q * D])
  }
  const attended = inputs.fused && config.scoreCap === undefined ? attendFused() : attendPlain()
  const norms = layerNorms(config)
  const normOutput = (output: Value, name: string | null): Value =>
    name === null ? output : norm(output, name)
  const attention = op.add(g, x, normOutput(project(attended, 'o_proj'), norms.attentionOutput))

  const middle = norm(attention, norms.mlpInput)
  const gated = gates[config.activation ?? 'silu'](
    g,
    project(middle, 'gate_proj'),
    project(middle, 'up_proj'),
  )
  const down = project(gated, 'down_proj')
  return { x: op.add(g, attention, normOutput(down, norms.mlpOutput)), keys, values, joined }
}

/** Final norm and output projection: x `[M, H]` → logits `[M, V]`. */
export function head(g: GraphBuilder, config: LlamaConfig, parameter: ParameterOf, x: Value): Value {
  const normalized = finalNorm(g, config, parameter, x)
  const logits = op.linear(g, normalized, 'lm_head', config.hiddenSize, config.vocabularySize)
  return config.logitCap === undefined ? logits : softCap(g, logits, config.logitCap)
}

/** x `[M, H]` → `[M, H]` */
export function finalNorm(g: GraphBuilder, config: LlamaConfig, parameter: ParameterOf, x: Value): Value {
  return op.rmsNorm(g, x, parameter('model.norm.weight', [config.hiddenSize]), config.normEpsilon)
}

/** Scores over a cache that isn't joined and over the new tokens share one softmax: the cache is never copied. */
function attend(
  g: GraphBuilder,
  { scoreCap }: LlamaConfig,
  queries: Value,
  keys: Value,
  values: Value,
  { past, mask, tokens }: LayerInputs,
): Value {
  const masked = (scores: Value): Value =>
    op.add(g, scoreCap === undefined ? scores : softCap(g, scores, scoreCap), mask)
  const scores = op.matMul(g, queries, keys)
  if (past?.capacity == null) return op.matMul(g, op.softmax(g, masked(scores)), values)
  const all = op.concat(g, [op.matMul(g, queries, past.keys), scores], 2)
  const weights = op.softmax(g, masked(all))
  const ofPast = op.sliceAt(g, weights, 2, past.capacity, 'head', 'C')
  const ofNew = op.sliceAt(g, weights, 2, past.capacity, 'tail', tokens)
  return op.add(g, op.matMul(g, ofPast, past.values), op.matMul(g, ofNew, values))
}

/** A product of sizes, or its name; the name itself for 1. */
export function times(factor: number, size: Dim): Dim {
  if (typeof size === 'number') return factor * size
  return factor === 1 ? size : `${factor}·${size}`
}
