/**
 * LoRA adapters as llama.cpp reads them (`--lora`): a GGUF file with `blk.N.attn_q.weight.lora_a [rank, in]` and
 * `….lora_b [out, rank]`, whose branch is scaled by `adapter.lora.alpha / rank`.
 *
 * Sources: llama.cpp `src/llama-adapter.cpp` and `convert_lora_to_gguf.py`. Where a model's q and k rows lie in
 * pairs, so do those of its adapters' B.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import type { ByteSource } from '../checkpoint/byte-source.ts'
import { readGguf, type GgufFile, type GgufTensor } from '../checkpoint/gguf.ts'
import type { GgufEntry, GgufTensorSource } from '../checkpoint/gguf-writer.ts'
import { dequantize, weightFormatOf } from '../checkpoint/weight-formats.ts'
import { type Architecture, ggufArchitectureOf } from '../llama/architectures.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { fusedLinears } from '../llama/fused-projections.ts'
import { LINEAR_KINDS, linearModule } from '../llama/linear-kinds.ts'
import { halvesToPairs, pairsToHalves } from '../llama/rotary-rows.ts'
import { ggufName } from '../llama/tensor-names.ts'
import { type AdapterOrigin, originFromJson, originKey, originToJson } from './adapter-origin.ts'
import { MAX_RANK, type VeraSettings } from './adapter-settings.ts'
import { fusedLayout, fuseLora, splitFusedAdapter } from './fused-adapter.ts'
import { layoutVera, sitePart, type VeraSite } from './layout.ts'
import { linearTargets } from './peft-targets.ts'
import { toLora, type PortableAdapter } from './to-lora.ts'

/** The model an adapter is for. */
export interface AdaptedModel {
  /** As its file named it, for example `llama`. */
  readonly architecture: string
  readonly config: LlamaConfig
}

/**
 * What `writeGguf` takes for an adapter in its LoRA form, in float32.
 *
 * @throws Failure `adapter-not-gguf` for trained biases and an adapted output layer that is the embeddings, too: for
 *   neither has the format a place.
 */
export function ggufAdapter(
  adapter: PortableAdapter,
  { architecture: architectureName, config }: AdaptedModel,
  origin: AdapterOrigin,
): { readonly metadata: Map<string, GgufEntry>; readonly tensors: readonly GgufTensorSource[] } {
  const { name: ggufArchitecture, architecture } = ggufArchitectureOf(architectureName)
  const lora = toLora(adapter, config)
  const { layout, settings, vectors } = architecture.fused ? fuseLora(lora, config) : lora
  if (layout.sites.some((site) => sitePart(site, 'bias') !== null)) {
    throw notGguf(sentence`it also trained biases`)
  }
  if (config.tiedEmbeddings && layout.sites.some(({ kind }) => kind === 'lm_head')) {
    throw notGguf(sentence`it adapts the output layer, which is one with the embeddings in this model`)
  }
  const alpha = settings.rsLora !== true && (settings.alpha ?? 0) > 0 ? (settings.alpha ?? 0) : layout.rank
  const tensors = layout.sites.flatMap((site) => {
    const values = (part: 'lora_A' | 'lora_B'): Float32Array => {
      const { start, length } = sitePart(site, part) ?? { start: 0, length: 0 }
      return vectors.slice(start, start + length)
    }
    // What the file's own scale, alpha / rank, doesn't say.
    const factor = (site.scale * site.rank) / alpha
    const B = values('lora_B').map((value) => value * factor)
    const base = ggufName(`${site.module}.weight`, architecture)
    const headCount = architecture.pairedRows ? headCountOf(site, config) : null
    const rowsOfB = headCount === null ? bytesOf(B) : halvesToPairs(bytesOf(B), headCount, config.headDim)
    return [
      float32Tensor(`${base}.lora_a`, [site.rank, site.inFeatures], bytesOf(values('lora_A'))),
      float32Tensor(`${base}.lora_b`, [site.outFeatures, site.rank], rowsOfB),
    ]
  })
  const metadata = new Map<string, GgufEntry>([
    ['general.type', { type: 'string', value: 'adapter' }],
    ['general.architecture', { type: 'string', value: ggufArchitecture }],
    ['general.name', { type: 'string', value: origin.name ?? 'adapter' }],
    ['adapter.type', { type: 'string', value: 'lora' }],
    ['adapter.lora.alpha', { type: 'f32', value: alpha }],
    [originKey, { type: 'string', value: originToJson(origin) }],
  ])
  return { metadata, tensors }
}

/**
 * A llama.cpp adapter for a model.
 *
 * @throws Failure `adapter-wrong-model` where it is for another architecture or shape, `adapter-unsupported` where it
 *   holds what Veranda has no place for, `adapter-broken`, `adapter-incomplete`, or one of `readGguf`.
 */
export function readGgufAdapter(
  source: ByteSource,
  { architecture: architectureName, config }: AdaptedModel,
): PortableAdapter {
  const file = readGguf(source)
  const { name: ggufArchitecture, architecture } = ggufArchitectureOf(architectureName)
  checkKind(file, ggufArchitecture)
  const pairs = pairsOf(file)
  const ofLayers = architecture.fused
    ? fusedLinears(config).map(({ module }) => module)
    : Array.from({ length: config.layerCount }, (_, layer) =>
        LINEAR_KINDS.map((kind) => linearModule(layer, kind)),
      ).flat()
  const modules = config.tiedEmbeddings ? ofLayers : [...ofLayers, 'lm_head']
  const adapted = modules.filter((module) => pairs.delete(`${ggufName(`${module}.weight`, architecture)}`))
  const [foreign] = pairs.keys()
  if (foreign !== undefined) throw unsupported(sentence`it adapts ${foreign}`)
  return readPairs(file, adapted, config, architecture)
}

/** What the file says of itself; fails as `readGguf` and `originFromJson` do. */
export function ggufAdapterOrigin(source: ByteSource): AdapterOrigin {
  const file = readGguf(source)
  const own = textOf(file, originKey)
  if (own !== null) return originFromJson(own)
  return {
    name: textOf(file, 'general.name'),
    baseModelHash: null,
    baseModelName: textOf(file, 'general.base_model.0.name'),
    baseModelArchitecture: textOf(file, 'general.architecture'),
  }
}

function readPairs(
  file: GgufFile,
  modules: readonly string[],
  config: LlamaConfig,
  architecture: Architecture,
): PortableAdapter {
  const tensor = (module: string, part: 'a' | 'b'): GgufTensor => {
    const name = `${ggufName(`${module}.weight`, architecture)}.lora_${part}`
    const found = file.tensors.get(name)
    if (found !== undefined) return found
    throw new Failure(
      'adapter-incomplete',
      sentence`The adapter has no tensor ${name}. Copy or convert it again.`,
    )
  }
  const rankOf = (module: string): number => {
    const [rank = 0] = tensor(module, 'a').shape
    if (rank >= 1 && rank <= MAX_RANK) return rank
    throw broken(sentence`the rank of ${module} is ${rank}`)
  }
  const given = file.metadata.get('adapter.lora.alpha')
  const alpha = typeof given === 'number' && given > 0 ? given : null
  const settings = architecture.fused
    ? { method: 'lora' as const, alpha }
    : loraSettings(config, modules, rankOf, alpha)
  const layout =
    'rank' in settings
      ? layoutVera(config, settings)
      : fusedLayout(config, settings, ({ module }) => (modules.includes(module) ? rankOf(module) : 0))
  // All shapes first: only then is it known that the file holds as much as the layout asks for.
  for (const site of layout.sites) {
    checkShape(tensor(site.module, 'a'), [site.rank, site.inFeatures])
    checkShape(tensor(site.module, 'b'), [site.outFeatures, site.rank])
  }
  const vectors = new Float32Array(layout.length)
  for (const site of layout.sites) {
    const A = floatsOf(tensor(site.module, 'a'))
    const B = floatsOf(tensor(site.module, 'b'))
    const headCount = architecture.pairedRows ? headCountOf(site, config) : null
    const rows = headCount === null ? B : floats(pairsToHalves(bytesOf(B), headCount, config.headDim))
    // Without an alpha llama.cpp doesn't scale at all.
    vectors.set(A, sitePart(site, 'lora_A')?.start)
    vectors.set(
      alpha === null ? rows.map((value) => value / site.scale) : rows,
      sitePart(site, 'lora_B')?.start,
    )
  }
  return 'rank' in settings
    ? { settings, layout, vectors, storedProjections: null }
    : splitFusedAdapter(config, {}, { layout, vectors }, null)
}

function loraSettings(
  config: LlamaConfig,
  modules: readonly string[],
  rankOf: (module: string) => number,
  alpha: number | null,
): VeraSettings {
  const rank = Math.max(...modules.map(rankOf), 1)
  const targets = linearTargets(config, { targetModules: modules, layersToTransform: null }, rank, rankOf)
  return { method: 'lora', rank, ...targets, alpha, projectionKey: 0, dInitial: 0 }
}

/** The GGUF names of the adapted matrices. */
function pairsOf(file: GgufFile): Set<string> {
  const names = new Set<string>()
  for (const name of file.tensors.keys()) {
    const [, base] = /^(.+)\.lora_[ab]$/.exec(name) ?? []
    if (base === undefined) throw unsupported(sentence`it holds the tensor ${name}`)
    names.add(base)
  }
  return names
}

function checkKind(file: GgufFile, ggufArchitecture: string): void {
  if (textOf(file, 'general.type') !== 'adapter') {
    throw unsupported(sentence`the file is a model, not an adapter; import it on the Models screen`)
  }
  const type = textOf(file, 'adapter.type')
  if (type !== 'lora') throw unsupported(sentence`its kind is ${JSON.stringify(type)}`)
  const architecture = textOf(file, 'general.architecture')
  if (architecture === ggufArchitecture) return
  throw new Failure(
    'adapter-wrong-model',
    sentence`The adapter is for a model of the architecture ${String(architecture)}, and this one is a ${ggufArchitecture}. Choose the model it was made for.`,
  )
}

function checkShape({ name, shape }: GgufTensor, expected: readonly number[]): void {
  if (shape.join() === expected.join()) return
  throw new Failure(
    'adapter-wrong-model',
    sentence`The adapter was made for another model: ${name} has the shape [${shape.join(', ')}] and this model needs [${expected.join(', ')}]. Choose the model it was made for.`,
  )
}

function floatsOf(tensor: GgufTensor): Float32Array {
  const count = tensor.shape.reduce((product, length) => product * length, 1)
  const values = dequantize(weightFormatOf(tensor.type.name, tensor.name), tensor.read(), count)
  if (values.every(Number.isFinite)) return values
  throw broken(sentence`${tensor.name} holds numbers that are not finite`)
}

/** Of a projection whose rows are rotated; null for the others. */
function headCountOf({ kind }: VeraSite, { headCount, kvHeadCount }: LlamaConfig): number | null {
  if (kind === 'q_proj') return headCount
  return kind === 'k_proj' ? kvHeadCount : null
}

function textOf(file: GgufFile, key: string): string | null {
  const value = file.metadata.get(key)
  return typeof value === 'string' ? value : null
}

function float32Tensor(name: string, shape: readonly number[], bytes: Uint8Array): GgufTensorSource {
  return { name, type: 'F32', shape, pieces: () => [bytes] }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}

function notGguf(why: Sentence): Failure {
  return new Failure(
    'adapter-not-gguf',
    sentence`The adapter can't be written for llama.cpp because ${why}. Export it as PEFT, or export the merged model.`,
  )
}

function unsupported(why: Sentence): Failure {
  return new Failure(
    'adapter-unsupported',
    sentence`Veranda can't use this GGUF file as an adapter because ${why}. It reads LoRA adapters of the attention, MLP and output layers.`,
  )
}

function broken(what: Sentence): Failure {
  return new Failure('adapter-broken', sentence`The adapter is damaged: ${what}. Copy or convert it again.`)
}
