/**
 * The exact LoRA form of a VeRA adapter: `λ_b ⊙ (B (λ_d ⊙ (A x)))` is `B' (A' x)` with A' = λ_d ⊙ A (rows) and
 * B' = λ_b ⊙ B (rows), alpha being the rank. Larger, but read by whatever reads LoRA.
 */
import type { LlamaConfig } from '../llama/config.ts'
import { projectionsOfAdapter, type DecodedAdapter } from './adapter-file.ts'
import type { VeraSettings } from './adapter-settings.ts'
import { branchOf, trainedPart } from './branch.ts'
import { layoutVera } from './layout.ts'

export type PortableAdapter = Omit<DecodedAdapter, 'settings'> & { readonly settings: VeraSettings }

/** A LoRA adapter with the same effect; the adapter itself where it is one. */
export function toLora(adapter: PortableAdapter, config: LlamaConfig): PortableAdapter {
  const from = projectionsOfAdapter(adapter)
  if (from === null) return adapter
  const { rank } = adapter.layout
  const settings = { ...adapter.settings, method: 'lora' as const, alpha: rank, rsLora: false }
  const layout = layoutVera(config, settings)
  const vectors = new Float32Array(layout.length)
  for (const [index, site] of layout.sites.entries()) {
    const vera = adapter.layout.sites[index]
    if (vera === undefined) continue
    trainedPart(site, vectors, 'bias').set(trainedPart(vera, adapter.vectors, 'bias'))
    const branch = branchOf(vera, adapter.vectors, from)
    if (branch === null) continue
    trainedPart(site, vectors, 'lora_A').set(branch.A)
    // A smaller rank has a larger alpha / r, which is taken back here.
    trainedPart(site, vectors, 'lora_B').set(branch.B.map((value) => value / site.scale))
  }
  return { settings, layout, vectors, storedProjections: null }
}
