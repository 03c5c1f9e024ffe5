import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import { weightFormats } from '../core/checkpoint/weight-formats.ts'
import type { LlamaCheckpoint } from '../core/llama/llama-checkpoint.ts'
import type { StoredModel } from '../core/llama/stored-model.ts'
import type { WeightSource } from '../core/llama/weight-source.ts'
import type { Codecs } from './native-codecs.ts'

/** A checkpoint's weights where they lie, before any import. Keeps the bytes of the tensor that was read last. */
export class CheckpointWeights implements WeightSource {
  readonly model: StoredModel
  readonly #checkpoint: LlamaCheckpoint
  readonly #codecs: Codecs
  #last: { readonly name: string; readonly bytes: Uint8Array } | null = null

  constructor(checkpoint: LlamaCheckpoint, codecs: Codecs) {
    this.model = { config: checkpoint.config, weights: {} }
    this.#checkpoint = checkpoint
    this.#codecs = codecs
  }

  read(name: string, out: Float32Array, firstRow = 0): void {
    const tensor = this.#checkpoint.tensors.get(name)
    if (tensor === undefined) throw new Failure('tensor-missing', sentence`The model has no tensor ${name}.`)
    if (this.#last?.name !== name) {
      // Not two at once.
      this.#last = null
      this.#last = { name, bytes: tensor.read() }
    }
    const { blockSize, bytesPerBlock } = weightFormats[tensor.format]
    const rowLength = tensor.shape.slice(1).reduce((a, b) => a * b, 1)
    const start = ((firstRow * rowLength) / blockSize) * bytesPerBlock
    const length = (out.length / blockSize) * bytesPerBlock
    this.#codecs.dequantize(tensor.format, this.#last.bytes.subarray(start, start + length), out)
  }

  blocks(): null {
    return null
  }
}
