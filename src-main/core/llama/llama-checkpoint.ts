/**
 * A Llama-class model as it was published, whatever file it came in: its shape, its weights under Hugging Face's
 * names and in Hugging Face's order, its tokenizer and its chat template.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence, toSentence } from '../../contract/sentence.ts'
import type { ByteSource } from '../checkpoint/byte-source.ts'
import { readGguf } from '../checkpoint/gguf.ts'
import type { GgufTensor } from '../checkpoint/gguf.ts'
import type { SafetensorsTensor } from '../checkpoint/safetensors.ts'
import { dequantize, weightFormatOf } from '../checkpoint/weight-formats.ts'
import type { WeightFormat } from '../checkpoint/weight-formats.ts'
import type { TokenizerDefinition } from '../tokenizer/definition.ts'
import { tokenizerFromGguf } from '../tokenizer/definition-from-gguf.ts'
import { architectureOf } from './architectures.ts'
import { configFromGguf } from './config-from-gguf.ts'
import type { LlamaConfig } from './config.ts'
import { isRopeFactors } from './rope-from-gguf.ts'
import { splitFused } from './fused-projections.ts'
import { openHuggingFaceParts } from './huggingface-folder.ts'
import { pairsToHalves } from './rotary-rows.ts'
import { expectedShapes, huggingFaceName, isNormScale, outputName } from './tensor-names.ts'

export interface WeightTensor {
  /** Hugging Face's, for example `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string
  readonly format: WeightFormat
  /** Row-major: [out, in] for a projection. */
  readonly shape: readonly number[]
  /**
   * All rows, or `rowCount` of them from `firstRow` on (of a vector: its elements), as they are stored, in Hugging
   * Face's order (rotary halves). Don't write to them. They may lie in `into`, memory for as many bytes or more, which
   * the caller uses again.
   */
  read(firstRow?: number, rowCount?: number, into?: Uint8Array): Uint8Array
}

export interface LlamaCheckpoint {
  /** As the file names it: llama, qwen3. */
  readonly architecture: string
  readonly config: LlamaConfig
  /** Exactly the tensors of a model of this shape. */
  readonly tensors: ReadonlyMap<string, WeightTensor>
  /** Null where the model came without one. */
  readonly tokenizer: TokenizerDefinition | null
  /** A Jinja template; null where the model came without one. */
  readonly chatTemplate: string | null
  /** The formats of the weights, largest share first, for example `Q4_1 79%, Q8_0 21%`, or one alone: `F16`. */
  readonly quantization: Sentence
  readonly name: string | null
}

/** As llama.cpp calls the tokenizer of a model that comes without. */
const withoutTokenizer: ReadonlySet<unknown> = new Set(['no_vocab', 'none'])

/**
 * Opens a GGUF model; weights are read on demand.
 *
 * Fails as `readGguf`, `configFromGguf` and `tokenizerFromGguf` do, with `weight-format` for a format that can't
 * be decoded, and with `model-tensor` for a tensor that is missing, has the wrong shape or is not of this kind
 * of model.
 */
export function openGguf(source: ByteSource): LlamaCheckpoint {
  const file = readGguf(source)
  const config = configFromGguf(file)
  const architectureName = file.metadata.get('general.architecture')
  const architecture = architectureOf(architectureName)
  const stored = new Map<string, WeightTensor>()
  for (const tensor of file.tensors.values()) {
    // Became the config's ropeScaling.
    if (isRopeFactors(tensor.name)) continue
    const name = huggingFaceName(tensor.name, architecture)
    if (name === null) throw unexpectedTensor(tensor.name)
    const opened = fromGguf(tensor, name, architecture.pairedRows ? config : null)
    for (const part of splitFused(opened, config)) stored.set(part.name, part)
  }
  const template = file.metadata.get('tokenizer.chat_template')
  const name = file.metadata.get('general.name')
  return checkpointOf({
    architecture: String(architectureName),
    config,
    stored,
    tokenizer: withoutTokenizer.has(file.metadata.get('tokenizer.ggml.model'))
      ? null
      : tokenizerFromGguf(file.metadata),
    chatTemplate: typeof template === 'string' ? template : null,
    name: typeof name === 'string' ? name : null,
  })
}

/**
 * Opens a folder as Hugging Face's `save_pretrained` writes it, with one safetensors file or several.
 *
 * @param files the folder's files by name; config.json and the weights must be there
 */
export function openHuggingFaceFolder(files: ReadonlyMap<string, ByteSource>): LlamaCheckpoint {
  const { architecture, config, tensors, tokenizer, chatTemplate, name } = openHuggingFaceParts(files)
  const stored = new Map<string, WeightTensor>()
  for (const tensor of tensors.values()) {
    const { name: tensorName, dtype, shape } = tensor
    // Old files keep the rotary frequencies, and some the output matrix that is the embedding.
    if (tensorName.endsWith('.rotary_emb.inv_freq')) continue
    if (tensorName === outputName && config.tiedEmbeddings) continue
    const format = weightFormatOf(dtype, tensorName)
    const given: WeightTensor = { name: tensorName, format, shape, read: rowsOf(tensor) }
    const opened =
      architectureOf(architecture).offsetNorms && isNormScale(given.name, given.shape)
        ? withOneAdded(given)
        : given
    for (const part of splitFused(opened, config)) stored.set(part.name, part)
  }
  return checkpointOf({ architecture, config, stored, tokenizer, chatTemplate, name })
}

/** A norm's scale that is stored as its distance from one, as the scale itself. */
function withOneAdded(tensor: WeightTensor): WeightTensor {
  const count = tensor.shape[0] ?? 0
  return {
    ...tensor,
    format: 'F32',
    read(firstRow = 0, rowCount = count - firstRow) {
      const bytes = tensor.read(firstRow, rowCount)
      const scale = dequantize(tensor.format, bytes, rowCount).map((offset) => 1 + offset)
      return new Uint8Array(scale.buffer, scale.byteOffset, scale.byteLength)
    },
  }
}

/** @param paired the model's shape where the rows of q and k lie in pairs, else null */
function fromGguf(tensor: GgufTensor, name: string, paired: LlamaConfig | null): WeightTensor {
  const { shape } = tensor
  const format = weightFormatOf(tensor.type.name, tensor.name)
  const headCount = /\.q_proj\./.test(name)
    ? paired?.headCount
    : /\.k_proj\./.test(name)
      ? paired?.kvHeadCount
      : undefined
  const read = rowsOf(tensor)
  if (paired === null || headCount === undefined) return { name, format, shape, read }
  const { headDim } = paired
  return {
    ...{ name, format, shape },
    read(firstRow = 0, rowCount = (shape[0] ?? 0) - firstRow) {
      // Rows move within their heads.
      const firstHead = Math.floor(firstRow / headDim)
      const heads = Math.ceil((firstRow + rowCount) / headDim) - firstHead
      const moved = pairsToHalves(read(firstHead * headDim, heads * headDim), heads, headDim)
      const rowBytes = moved.length / (heads * headDim)
      const start = (firstRow - firstHead * headDim) * rowBytes
      return moved.subarray(start, start + rowCount * rowBytes)
    },
  }
}

/** Reads a stored tensor by its rows. */
function rowsOf({ shape, byteLength, read }: GgufTensor | SafetensorsTensor): WeightTensor['read'] {
  const [rows = 0] = shape
  const rowBytes = byteLength / rows
  return (firstRow = 0, rowCount = rows - firstRow, into) =>
    read(firstRow * rowBytes, rowCount * rowBytes, into)
}

/** Checks that exactly the tensors of a model of this shape are there, and puts them in the model's order. */
function checkpointOf(parts: {
  readonly architecture: string
  readonly config: LlamaConfig
  readonly stored: ReadonlyMap<string, WeightTensor>
  readonly tokenizer: TokenizerDefinition | null
  readonly chatTemplate: string | null
  readonly name: string | null
}): LlamaCheckpoint {
  const { architecture, config, stored, tokenizer, chatTemplate, name } = parts
  checkHeads(config)
  const tensors = new Map<string, WeightTensor>()
  for (const [tensorName, shape] of expectedShapes(config)) {
    const tensor = stored.get(tensorName)
    if (!tensor) {
      throw new Failure(
        'model-tensor',
        sentence`The model lacks the tensor ${tensorName}. Download it again, or pick another file.`,
      )
    }
    if (tensor.shape.length !== shape.length || shape.some((length, axis) => tensor.shape[axis] !== length)) {
      throw new Failure(
        'model-tensor',
        sentence`The tensor ${tensorName} has the shape [${tensor.shape.join(', ')}] where the model's settings ask for [${shape.join(', ')}]. Pick another file of this model.`,
      )
    }
    tensors.set(tensorName, tensor)
  }
  for (const tensorName of stored.keys()) if (!tensors.has(tensorName)) throw unexpectedTensor(tensorName)
  const quantization = formatShares([...tensors.values()].map(({ format, shape }) => [format, shape]))
  return { architecture, config, tensors, tokenizer, chatTemplate, quantization, name }
}

/** Rotary embedding pairs the dimensions of a head; each key head serves the same number of query heads. */
function checkHeads({ headCount, kvHeadCount, headDim }: LlamaConfig): void {
  if (headDim > 0 && headDim % 2 === 0 && headCount > 0 && headCount % kvHeadCount === 0) return
  throw new Failure(
    'model-metadata',
    sentence`The model's settings ask for ${headCount} query heads, ${kvHeadCount} key heads and ${headDim} dimensions a head, which do not go together. Pick another file of this model.`,
  )
}

/**
 * Formats by their share of the weights, the largest first: `Q4_1 79%, Q8_0 21%`, or one alone. Under one percent
 * (norms, biases) isn't worth a word. Numbers stand for so many bits.
 */
export function formatShares(
  tensors: Iterable<readonly [format: string | number, shape: readonly number[]]>,
): Sentence {
  const counts = new Map<string | number, number>()
  let total = 0
  for (const [format, shape] of tensors) {
    const count = shape.reduce((product, length) => product * length, 1)
    counts.set(format, (counts.get(format) ?? 0) + count)
    total += count
  }
  const shares = [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([format, count]) => ({
      name: typeof format === 'number' ? sentence`${format} bits` : toSentence(format),
      percent: Math.round((100 * count) / total),
    }))
    .filter(({ percent }) => percent >= 1)
  const [first] = shares
  if (first !== undefined && shares.length === 1) return first.name
  return { pattern: '{1}', values: [shares.map(({ name, percent }) => sentence`${name} ${percent}%`)] }
}

function unexpectedTensor(name: string): Failure {
  return new Failure(
    'model-tensor',
    sentence`The model has a tensor ${name}, which a Llama-class model of its settings does not have; Veranda cannot run it. Pick another model.`,
  )
}
