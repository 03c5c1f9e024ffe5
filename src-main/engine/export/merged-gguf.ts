import type { WrittenFormat } from '../../core/checkpoint/encode-weights.ts'
import { readGguf } from '../../core/checkpoint/gguf.ts'
import {
  type GgufEntry,
  ggufDataBytes,
  ggufHeader,
  ggufPadding,
  type GgufTensorInfo,
  ggufTensorBytes,
} from '../../core/checkpoint/gguf-writer.ts'
import { configFromGguf } from '../../core/llama/config-from-gguf.ts'
import { configToGguf, ropeFactors } from '../../core/llama/config-to-gguf.ts'
import { ggufTensors } from '../../core/llama/published-tensors.ts'
import { checkWritten } from '../../core/llama/written-config.ts'
import { tokenizerToGguf } from '../../core/tokenizer/definition-to-gguf.ts'
import { openCheckpointLogits } from './checkpoint-logits.ts'
import { checkRoom } from './check-room.ts'
import type { MergeSource, ModelExporter } from './exporter.ts'
import { MergedModel, writtenFormat } from './merged-model.ts'
import { writePieces } from './write-file.ts'

/** ggml's numbers of what most weights are (`llama_ftype`). */
const fileTypes = { F16: 1, Q4_0: 2, Q4_1: 3, Q8_0: 7 } as const

/**
 * What the format's rounding may do, nats. In 4 bits a model can lose what an adapter changed, and how much that is
 * depends on both: the numbers are shown, and the person decides.
 */
const maxDivergences = { F16: 0.01, Q8_0: 0.5, Q4_1: Infinity, Q4_0: Infinity } as const

/** A model that llama.cpp runs by itself: vectors in float32, matrices in the format. */
export function mergedGguf(format: keyof typeof fileTypes): ModelExporter {
  return {
    async *write(source, path, resources) {
      const plan = planOf(source, format)
      // The factors of the rotary frequencies come first: they are settings, too.
      const header = ggufHeader(
        metadataOf(source, format),
        plan.map(({ info }) => info),
      )
      const totalBytes = header.length + ggufDataBytes(plan.map(({ info }) => info))
      checkSettings(source, header, totalBytes)
      checkRoom(path, totalBytes)
      const merged = await MergedModel.open(source, resources)
      async function* pieces(): AsyncGenerator<Uint8Array> {
        yield header
        for (const { info, bytes } of plan) {
          yield* bytes(merged)
          yield ggufPadding(ggufTensorBytes(info))
        }
      }
      try {
        for await (const written of writePieces(path, pieces())) yield Math.min(1, written / totalBytes)
      } finally {
        await merged.close()
      }
    },
    open: openCheckpointLogits,
    maxDivergence: maxDivergences[format],
  }
}

interface PlannedTensor {
  readonly info: GgufTensorInfo
  bytes(merged: MergedModel): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

function planOf(source: MergeSource, format: WrittenFormat): readonly PlannedTensor[] {
  const { model: stored, summary } = source.model.folder
  const tensors = ggufTensors(stored.config, summary.architecture).map((tensor): PlannedTensor => {
    const type = tensor.shape.length === 1 ? 'F32' : writtenFormat(tensor, format)
    const { name, shape } = tensor
    return { info: { name, shape, type }, bytes: (merged) => merged.pieces(tensor, type) }
  })
  return [...factorsOf(source).map(({ info, bytes }) => ({ info, bytes: () => [bytes] })), ...tensors]
}

function factorsOf({ model }: MergeSource): readonly { info: GgufTensorInfo; bytes: Uint8Array }[] {
  const { model: stored, summary } = model.folder
  return ropeFactors(stored.config, summary.architecture).map(({ name, values }) => ({
    info: { name, shape: [values.length], type: 'F32' },
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }))
}

/** @throws Failure `model-not-portable` where the file's settings would be those of another model */
function checkSettings(source: MergeSource, header: Uint8Array, totalBytes: number): void {
  const factors = factorsOf(source).flatMap(({ bytes }) => [bytes, ggufPadding(bytes.length)])
  const beginning = Buffer.concat([header, ...factors])
  // What comes after it, the weights, isn't looked at.
  const read = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    bytes.set(beginning.subarray(offset, offset + length))
    return bytes
  }
  const file = readGguf({ size: totalBytes, read })
  checkWritten(source.model.folder.model.config, configFromGguf(file))
}

/** What llama.cpp wants to be told of a model without one. */
const withoutTokenizer = [['tokenizer.ggml.model', { type: 'string', value: 'no_vocab' }]] as const

function metadataOf({ model, origin }: MergeSource, format: keyof typeof fileTypes): Map<string, GgufEntry> {
  const { model: stored, summary, tokenizer, chatTemplate } = model.folder
  const entries: (readonly [string, GgufEntry])[] = [
    ...configToGguf(stored.config, summary.architecture),
    ['general.type', { type: 'string', value: 'model' }],
    ['general.name', { type: 'string', value: origin.name ?? summary.name }],
    ['general.file_type', { type: 'u32', value: fileTypes[format] }],
    ['general.quantization_version', { type: 'u32', value: 2 }],
    ...(tokenizer === null ? withoutTokenizer : tokenizerToGguf(tokenizer, chatTemplate)),
  ]
  return new Map(entries)
}
