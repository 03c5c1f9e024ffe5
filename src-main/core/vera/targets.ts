/** Which linear layers an adapter changes, by what method and with what rank. */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { LINEAR_KINDS, type LinearKind } from '../llama/linear-kinds.ts'

export interface VeraTargets {
  /** VeRA unless given. */
  readonly method?: 'vera' | 'lora'
  readonly rank: number
  readonly targets: readonly LinearKind[]
  /** Decoder layers counted from 0; null is all of them. */
  readonly layers: readonly number[] | null
  /**
   * Other ranks of some layers or kinds, by `<layer>.<kind>`, `<layer>` or `<kind>`: the most exact one counts, a
   * layer before a kind. 0 leaves the linear layer as it is.
   */
  readonly ranks?: Readonly<Record<string, number>>
  /** Rank of the output layer (lm_head); 0, or none given, leaves it as it is. */
  readonly outputRank?: number
  /** Which biases of the model are trained too, where it has any; none unless given. PEFT's `bias`. */
  readonly bias?: 'none' | 'all' | 'adapted'
  /** LoRA only: its branch is scaled by alpha / rank; the rank unless given or if null. */
  readonly alpha?: number | null
  /** LoRA only: scale by alpha / √rank instead. */
  readonly rsLora?: boolean
}

/** The rank of one linear layer; 0 where it isn't adapted. */
export function rankOf(
  { rank, targets, layers, ranks = {} }: VeraTargets,
  layer: number,
  kind: LinearKind,
): number {
  if (!targets.includes(kind) || layers?.includes(layer) === false) return 0
  return ranks[`${layer}.${kind}`] ?? ranks[String(layer)] ?? ranks[kind] ?? rank
}

/** @throws Failure `adapter-targets` */
export function checkTargets(config: LlamaConfig, targets: VeraTargets): void {
  const { rank, layers, ranks = {}, outputRank = 0 } = targets
  if (!Number.isInteger(rank) || rank < 1) {
    throw wrong(sentence`The rank of an adapter is ${rank}; choose a whole number from 1.`)
  }
  if (!Number.isInteger(outputRank) || outputRank < 0) {
    throw wrong(sentence`The rank of the output layer is ${outputRank}; choose a whole number from 0.`)
  }
  const stranger = layers?.find((layer) => !isLayer(config, layer))
  if (stranger !== undefined) throw noSuchLayer(config, String(stranger))
  for (const [place, value] of Object.entries(ranks)) {
    if (!Number.isInteger(value) || value < 0) {
      throw wrong(sentence`The rank of “${place}” is ${value}; choose a whole number from 0.`)
    }
    const [matched, alone, before, kind] = /^(?:(\d+)|(?:(\d+)\.)?([a-z_]+))$/.exec(place) ?? []
    if (matched === undefined || (kind !== undefined && !LINEAR_KINDS.some((known) => known === kind))) {
      throw wrong(
        sentence`“${place}” is no place for a rank: name a layer, a kind or both, as in 3, q_proj, 3.q_proj.`,
      )
    }
    const layer = alone ?? before ?? '0'
    if (!isLayer(config, Number(layer))) throw noSuchLayer(config, layer)
  }
  const all = Array.from({ length: config.layerCount }, (_, layer) => layer)
  if (
    outputRank === 0 &&
    !all.some((layer) => LINEAR_KINDS.some((kind) => rankOf(targets, layer, kind) > 0))
  ) {
    throw wrong(sentence`The adapter adapts no layer; choose at least one kind and one layer.`)
  }
}

function isLayer(config: LlamaConfig, layer: number): boolean {
  return Number.isInteger(layer) && layer >= 0 && layer < config.layerCount
}

function noSuchLayer(config: LlamaConfig, layer: string): Failure {
  return wrong(
    sentence`The adapter names layer ${layer}, but the model has the layers 0 to ${config.layerCount - 1}.`,
  )
}

function wrong(message: Sentence): Failure {
  return new Failure('adapter-targets', message)
}
