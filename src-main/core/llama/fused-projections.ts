/** Projections that some models store as one matrix: their rows, one projection after the other. */
import type { LlamaConfig } from './config.ts'
import { type LinearKind, linearKinds, linearModule, linearSize } from './linear-kinds.ts'
import type { WeightTensor } from './llama-checkpoint.ts'

const fusedModules: Readonly<Record<string, readonly LinearKind[]>> = {
  'self_attn.qkv_proj': ['q_proj', 'k_proj', 'v_proj'],
  'mlp.gate_up_proj': ['gate_proj', 'up_proj'],
}

/** The name of the fused tensor that holds one of this name; the name itself where none does. */
export function fusedName(name: string): string {
  for (const [fused, parts] of Object.entries(fusedModules)) {
    for (const part of parts) {
      const path = `.${fused.slice(0, fused.indexOf('.'))}.${part}.`
      if (name.includes(path)) return name.replace(path, `.${fused}.`)
    }
  }
  return name
}

/** A matrix of a model's files: one linear layer's, or those of some one after the other. */
export interface FusedLinear {
  readonly layer: number
  /** For example `model.layers.0.self_attn.qkv_proj`. */
  readonly module: string
  readonly inFeatures: number
  readonly outFeatures: number
  readonly parts: readonly {
    readonly kind: LinearKind
    readonly module: string
    readonly outFeatures: number
  }[]
}

/** The linear layers of all decoder layers as models with fused projections have them. */
export function fusedLinears(config: LlamaConfig): readonly FusedLinear[] {
  const linears = new Map<string, FusedLinear>()
  for (let layer = 0; layer < config.layerCount; layer++) {
    for (const { kind, inFeatures, outFeatures } of linearKinds(config)) {
      const own = linearModule(layer, kind)
      const module = fusedName(`${own}.`).slice(0, -1)
      const before = linears.get(module)
      linears.set(module, {
        layer,
        module,
        inFeatures,
        outFeatures: (before?.outFeatures ?? 0) + outFeatures,
        parts: [...(before?.parts ?? []), { kind, module: own, outFeatures }],
      })
    }
  }
  return [...linears.values()]
}

/** The tensors that a fused one holds, as views of it; the tensor itself where it isn't fused. */
export function splitFused(tensor: WeightTensor, config: LlamaConfig): readonly WeightTensor[] {
  const [, layer, block, module, kind] =
    /^(model\.layers\.\d+)\.(\w+)\.(\w+)\.(weight|bias)$/.exec(tensor.name) ?? []
  const parts = fusedModules[`${block}.${module}`]
  const sizes = parts?.map((part) => linearSize(config, part).outFeatures) ?? []
  const rows = sizes.reduce((sum, size) => sum + size, 0)
  // Of another size it is left alone: what a model of these settings should have is then said elsewhere.
  if (parts === undefined || tensor.shape[0] !== rows) return [tensor]
  let first = 0
  return parts.map((part, index) => {
    const start = first
    const count = sizes[index] ?? 0
    first += count
    return {
      name: `${layer}.${block}.${part}.${kind}`,
      format: tensor.format,
      shape: [count, ...tensor.shape.slice(1)],
      read: (firstRow = 0, rowCount = count - firstRow, into) =>
        tensor.read(start + firstRow, rowCount, into),
    }
  })
}
