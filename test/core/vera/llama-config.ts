import type { LlamaConfig } from '../../../src-main/core/llama/config.ts'

/** The config of the `tied` reference model, or one that differs from it. */
export function llamaConfig(changes: Partial<LlamaConfig>): LlamaConfig {
  return {
    vocabularySize: 256,
    hiddenSize: 64,
    intermediateSize: 160,
    layerCount: 2,
    headCount: 4,
    kvHeadCount: 2,
    headDim: 16,
    normEpsilon: 1e-5,
    contextLength: 256,
    ropeTheta: 10000,
    ropeScaling: { type: 'none' },
    tiedEmbeddings: true,
    attentionBias: false,
    mlpBias: false,
    ...changes,
  }
}
