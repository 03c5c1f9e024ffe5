import { join } from 'node:path'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { dequantize, weightFormatOf } from '../../../src-main/core/checkpoint/weight-formats.ts'
import { architectureOf } from '../../../src-main/core/llama/architectures.ts'
import { huggingFaceName } from '../../../src-main/core/llama/tensor-names.ts'
import { openFileSource } from '../../../src-main/engine/file-source.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { Check } from '../check.ts'
import { readJson } from '../fixtures.ts'
import { withFolder } from '../imported-model.ts'
import type { ModelKind } from '../kind.ts'

interface Dequantized {
  readonly name: string
  readonly type: string
  readonly row_major_shape: readonly number[]
  readonly sha256: string
  readonly first64: readonly number[]
  /** Queries and keys: rows as Hugging Face has them. */
  readonly hf_order_sha256?: string
  readonly hf_order_first64?: readonly number[]
}

/** The real model's settings and some of its weights, in the file and as imported. */
export const smollm2Weights: ModelKind = {
  name: 'smollm2 weights',
  path: 'smollm2/dequant.json',
  check(reference, { file, directory }) {
    const check = new Check()
    const folder = join(reference, 'smollm2')
    return withFolder(directory, async (model) => {
      checkConfig(
        check,
        model,
        readJson<Readonly<Record<string, unknown>>>(join(folder, 'config_as_loaded.json')),
      )
      const source = openFileSource(file)
      const { tensors } = readGguf(source)
      for (const expected of readJson<readonly Dequantized[]>(join(folder, 'dequant.json'))) {
        const { name, type, row_major_shape: shape, first64, sha256 } = expected
        const tensor = tensors.get(name)
        check.equal(`${name} in the file`, [tensor?.type.name, tensor?.shape], [type, shape])
        if (tensor === undefined) continue
        const count = shape.reduce((a, b) => a * b, 1)
        const decoded = dequantize(weightFormatOf(type, name), tensor.read(), count)
        check.equal(`${name}, first`, [...decoded.subarray(0, 64)], first64)
        check.hash(name, decoded, sha256)
        const imported = new Float32Array(count)
        model.weights.read(huggingFaceName(name, architectureOf('llama')) ?? '', imported)
        const first = expected.hf_order_first64 ?? first64
        check.equal(`${name} imported, first`, [...imported.subarray(0, 64)], first)
        check.hash(`${name} imported`, imported, expected.hf_order_sha256 ?? sha256)
      }
      source.close()
      return check.outcome()
    })
  },
}

function checkConfig(check: Check, model: LoadedModel, expected: Readonly<Record<string, unknown>>): void {
  const { tokenizer, folder } = model
  const { config } = folder.model
  const rope = { rope_theta: config.ropeTheta, rope_type: config.ropeScaling.type }
  const ours: Readonly<Record<string, unknown>> = {
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.kvHeadCount,
    head_dim: config.headDim,
    rms_norm_eps: config.normEpsilon,
    rope_parameters: config.ropeScaling.type === 'none' ? { ...rope, rope_type: 'default' } : rope,
    tie_word_embeddings: config.tiedEmbeddings,
    vocab_size: config.vocabularySize,
    bos_token_id: tokenizer.bosId,
    eos_token_id: tokenizer.eosIds[0],
    max_position_embeddings: config.contextLength,
  }
  for (const [name, value] of Object.entries(ours)) check.equal(`config ${name}`, value, expected[name])
}
