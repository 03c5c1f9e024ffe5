/** The shape of a Llama-class model from the metadata of a GGUF file. Source: llama.cpp `gguf-py/gguf/constants.py`. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { GgufFile } from '../checkpoint/gguf.ts'
import { architectureOf, checkLayerCount, unrotatedLayers, windowedLayers } from './architectures.ts'
import type { LlamaConfig } from './config.ts'
import { integer, real } from './gguf-entries.ts'
import { ropeFromGguf } from './rope-from-gguf.ts'

/**
 * Fails with `model-architecture` for any other architecture, with `model-metadata` where an entry is missing or
 * makes no sense, and with `model-rope` for a rotary scaling Veranda doesn't know.
 */
export function configFromGguf(file: GgufFile): LlamaConfig {
  const name = file.metadata.get('general.architecture')
  const architecture = architectureOf(name)
  const entry = (key: string): string => `${String(name)}.${key}`
  if (integer(file, entry('expert_count'), 0) > 0) {
    throw new Failure(
      'model-architecture',
      'This model is a mixture of experts, which Veranda cannot run. Pick a plain Llama-class model.',
    )
  }
  const headCount = integer(file, entry('attention.head_count'))
  const hiddenSize = integer(file, entry('embedding_length'))
  const headDim = integer(file, entry('attention.key_length'), hiddenSize / headCount)
  for (const key of [entry('attention.value_length'), entry('rope.dimension_count')]) {
    const length = integer(file, key, headDim)
    if (length !== headDim) {
      throw new Failure(
        'model-metadata',
        sentence`The model's ${key} is ${length} where its heads have ${headDim} dimensions; Veranda cannot run such a model.`,
      )
    }
  }
  const ropeTheta = real(file, entry('rope.freq_base'), 10000)
  const has = (tensor: string): boolean => file.tensors.has(tensor)
  const hasBias = (module: string): boolean => has(`blk.0.${module}.bias`)
  const layerCount = checkLayerCount(integer(file, entry('block_count')))
  const { contextLength, ropeScaling } = ropeFromGguf(file, entry, { headDim, ropeTheta })
  const slidingWindow = integer(file, entry('attention.sliding_window'), 0)
  const unrotated = unrotatedLayers(architecture, layerCount)
  const windowed = slidingWindow > 0 ? windowedLayers(architecture, layerCount) : null
  const ofDefaults = (key: string): number => {
    const value = architecture.defaults[key]
    return typeof value === 'number' ? value : 0
  }
  const [scoreCap = 0, logitCap = 0] = ['attn_logit_softcapping', 'final_logit_softcapping'].map((key) =>
    real(file, entry(key), ofDefaults(key)),
  )
  const windowedTheta = real(file, entry('rope.freq_base_swa'), ofDefaults('rope_local_base_freq'))
  return {
    vocabularySize: vocabularySize(file, entry('vocab_size')),
    hiddenSize,
    intermediateSize: integer(file, entry('feed_forward_length')),
    layerCount,
    headCount,
    kvHeadCount: integer(file, entry('attention.head_count_kv'), headCount),
    headDim,
    normEpsilon: real(file, entry('attention.layer_norm_rms_epsilon')),
    contextLength,
    ropeTheta,
    ropeScaling,
    tiedEmbeddings: !has('output.weight'),
    attentionBias: !hasBias('attn_q') && !hasBias('attn_qkv') ? false : hasBias('attn_output') ? true : 'qkv',
    mlpBias: hasBias('ffn_gate'),
    ...(architecture.queryKeyNorm && { queryKeyNorm: true }),
    ...(slidingWindow > 0 && slidingWindow < contextLength && { slidingWindow }),
    ...(windowed !== null && { windowedLayers: windowed }),
    ...(windowed !== null && windowedTheta > 0 && { windowedRopeTheta: windowedTheta }),
    ...(unrotated.length > 0 && { unrotatedLayers: unrotated }),
    ...(architecture.activation !== 'silu' && { activation: architecture.activation }),
    ...(architecture.outputNorms && { outputNorms: true }),
    ...(architecture.scaledEmbeddings && { embeddingScale: Math.sqrt(hiddenSize) }),
    ...(architecture.widthScaledLayers === layerCount && {
      scoreScale: 1 / Math.sqrt(hiddenSize / headCount),
    }),
    ...(scoreCap > 0 && { scoreCap }),
    ...(logitCap > 0 && { logitCap }),
  }
}

/** The rows of the embedding decide: the entry is missing from some files. */
function vocabularySize(file: GgufFile, key: string): number {
  const rows = file.tensors.get('token_embd.weight')?.shape[0]
  return rows ?? integer(file, key)
}
