/**
 * The exact LoRA form of a VeRA adapter: `λ_b ⊙ (B (λ_d ⊙ (A x)))` is `B' (A' x)` with A' = λ_d ⊙ A (rows) and
 * B' = λ_b ⊙ B (rows), alpha being the rank. Larger, but read by whatever reads LoRA.
 */
import type { LlamaConfig } from '../llama/config.ts'
import { projectionsOfAdapter, type DecodedAdapter } from './adapter-file.ts'
import type { VeraSettings } from './adapter-settings.ts'
import { layoutVera, type PartName, sitePart, type VeraSite } from './layout.ts'

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
    const trained = (name: PartName): Float32Array => partOf(adapter.vectors, vera, name)
    const made = (name: PartName): Float32Array => partOf(vectors, site, name)
    made('bias').set(trained('bias'))
    if (site.rank === 0) continue
    const { inFeatures, outFeatures } = site
    scaleRows(made('lora_A'), from.columnsOfA(inFeatures, site.rank), trained('lambda_d'), inFeatures, 1)
    // A smaller rank has a larger alpha / r, which is taken back here.
    scaleRows(
      made('lora_B'),
      from.rowsOfB(outFeatures, site.rank),
      trained('lambda_b'),
      site.rank,
      1 / site.scale,
    )
  }
  return { settings, layout, vectors, storedProjections: null }
}

/** A site's part as a view of the flat vector; empty where it has none of that name. */
function partOf(vectors: Float32Array, site: VeraSite, name: PartName): Float32Array {
  const part = sitePart(site, name) ?? { start: 0, length: 0 }
  return vectors.subarray(part.start, part.start + part.length)
}

/** Writes `scale · factors ⊙ rows`. */
function scaleRows(
  out: Float32Array,
  rows: Float32Array,
  factors: Float32Array,
  width: number,
  scale: number,
): void {
  for (let i = 0; i < out.length; i++) {
    out[i] = (rows[i] ?? 0) * (factors[Math.floor(i / width)] ?? 0) * scale
  }
}
