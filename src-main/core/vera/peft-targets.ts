/**
 * Which modules a PEFT config adapts, decided as PEFT decides it.
 *
 * Source: `check_target_module_exists` of PEFT's tuners, measured on 0.21.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { LINEAR_KINDS, linearModule, type LinearKind } from '../llama/linear-kinds.ts'
import type { VeraTargets } from './targets.ts'

/** `target_modules` and its companions in adapter_config.json. */
export interface PeftTargets {
  /** Names or ends of names, or one regular expression for the whole name. */
  readonly targetModules: string | readonly string[]
  readonly layersToTransform: readonly number[] | null
}

/** Longer than any list of names; keeps an expression from costing time. */
const MAX_EXPRESSION_LENGTH = 10_000

/** Whether PEFT adapts the module with this full name. */
export function moduleMatcher(targets: PeftTargets): (module: string) => boolean {
  const { targetModules, layersToTransform } = targets
  if (typeof targetModules === 'string') return expressionMatcher(targetModules)
  const names = new Set(targetModules)
  return (module) => {
    // PEFT asks for the layer only where the name matched by its end: a full name is adapted whatever its layer.
    if (names.has(module)) return true
    if (!targetModules.some((name) => module.endsWith(`.${name}`))) return false
    if (layersToTransform === null || layersToTransform.length === 0) return true
    const layer = /.*\.[^.]*\.(\d+)\./.exec(module)?.[1]
    return layer !== undefined && layersToTransform.includes(Number(layer))
  }
}

function expressionMatcher(expression: string): (module: string) => boolean {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw unsupported(sentence`it names modules by an expression of ${expression.length} characters`)
  }
  let whole: RegExp
  try {
    whole = new RegExp(`^(?:${expression})$`)
  } catch (cause) {
    throw unsupported(sentence`it names modules by an expression that only Python understands`, cause)
  }
  return (module) => whole.test(module)
}

/** Whether a module's name, or its end after a dot, matches an expression: PEFT's `rank_pattern`. */
export function matchesEnd(expression: string): (module: string) => boolean {
  return expressionMatcher(`(?:.*\\.)?(?:${expression})`)
}

/**
 * The adapted linear kinds and layers (null is all of them), as `ranks` what differs from `rank`, and the output
 * layer's rank where it is adapted.
 *
 * @param rank of a module that is adapted, where nothing else is said of it
 * @throws Failure `adapter-unsupported` where nothing is adapted.
 */
export function linearTargets(
  config: LlamaConfig,
  targets: PeftTargets,
  rank: number,
  rankOf: (module: string) => number = () => rank,
): Pick<VeraTargets, 'targets' | 'layers' | 'ranks' | 'outputRank'> {
  const matches = moduleMatcher(targets)
  const all = Array.from({ length: config.layerCount }, (_, layer) => layer)
  const rankAt = (layer: number, kind: LinearKind): number => {
    const module = linearModule(layer, kind)
    return matches(module) ? rankOf(module) : 0
  }
  const kinds = LINEAR_KINDS.filter((kind) => all.some((layer) => rankAt(layer, kind) > 0))
  const layers = all.filter((layer) => LINEAR_KINDS.some((kind) => rankAt(layer, kind) > 0))
  const outputRank = matches('lm_head') ? rankOf('lm_head') : 0
  if (kinds.length === 0 && outputRank === 0) {
    throw unsupported(sentence`it adapts none of the linear layers of this model`)
  }
  const others = layers.flatMap((layer) =>
    kinds
      .map((kind): [string, number] => [`${layer}.${kind}`, rankAt(layer, kind)])
      .filter(([, ofKind]) => ofKind !== rank),
  )
  return {
    targets: kinds,
    layers: layers.length === all.length ? null : layers,
    ...(others.length === 0 ? {} : { ranks: Object.fromEntries(others) }),
    ...(outputRank === 0 ? {} : { outputRank }),
  }
}

/** The failure of an adapter that is fine, but not for Veranda; `why` completes "because …". */
export function unsupported(why: Sentence, cause?: unknown): Failure {
  return new Failure(
    'adapter-unsupported',
    sentence`Veranda can't use this PEFT adapter because ${why}. It reads VeRA and LoRA adapters of the attention, MLP and output layers.`,
    { cause },
  )
}
