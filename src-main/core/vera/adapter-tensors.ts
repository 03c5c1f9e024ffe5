/**
 * A VeRA adapter's tensors in a safetensors file, under the names PEFT gives them:
 * `base_model.model.<module>.vera_lambda_d [rank]`, `….vera_lambda_b [out]`, and where the projections are
 * stored too `base_model.vera_A [rank, maxIn]`, `base_model.vera_B [maxOut, rank]`.
 */
import { Failure } from '../../contract/failure.ts'
import { dequantizeBF16, dequantizeF16, dequantizeF32 } from '../checkpoint/codecs/float.ts'
import type { SafetensorsData, SafetensorsFile, SafetensorsTensor } from '../checkpoint/safetensors.ts'
import type { VeraLayout } from './layout.ts'
import { projectionsOf, type Projections } from './projections.ts'

const STORED_A = 'base_model.vera_A'
const STORED_B = 'base_model.vera_B'

/** One vector of a layout: its tensor's name and its place in the flat vector. */
interface Vector {
  readonly name: string
  readonly start: number
  readonly length: number
}

function vectorsOf(layout: VeraLayout): readonly Vector[] {
  return layout.sites.flatMap((site) => [
    {
      name: `base_model.model.${site.module}.vera_lambda_d`,
      start: site.lambdaD,
      length: layout.rank,
    },
    {
      name: `base_model.model.${site.module}.vera_lambda_b`,
      start: site.lambdaB,
      length: site.outFeatures,
    },
  ])
}

/** The tensors to write for a flat vector and, unless they come back from a key, its projections. */
export function adapterTensors(
  layout: VeraLayout,
  vectors: Float32Array,
  stored: Projections | null,
): Map<string, SafetensorsData> {
  const tensors = new Map<string, SafetensorsData>()
  for (const { name, start, length } of vectorsOf(layout)) {
    tensors.set(name, float32Tensor(vectors.subarray(start, start + length), [length]))
  }
  if (stored !== null) {
    tensors.set(STORED_A, float32Tensor(stored.A, [layout.rank, layout.maxIn]))
    tensors.set(STORED_B, float32Tensor(stored.B, [layout.maxOut, layout.rank]))
  }
  return tensors
}

function float32Tensor(values: Float32Array, shape: readonly number[]): SafetensorsData {
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
}

/**
 * The flat vector of a layout.
 *
 * @throws Failure `adapter-incomplete` where a tensor is missing, `adapter-shape` where one has another size
 *   than the model needs, `adapter-broken` where numbers are not finite.
 */
export function readVectors(file: SafetensorsFile, layout: VeraLayout): Float32Array {
  const parts = vectorsOf(layout).map((vector) => ({
    ...vector,
    tensor: tensorOf(file, vector.name, [vector.length]),
  }))
  // Only now is it known that the file really holds as much as the layout asks for.
  const vectors = new Float32Array(layout.length)
  for (const { tensor, start, length } of parts) {
    readFloats(tensor, vectors.subarray(start, start + length))
  }
  return vectors
}

/** The projections a file stores, which then count instead of those of its key; null where it stores none. */
export function readStoredProjections(file: SafetensorsFile, layout: VeraLayout): Projections | null {
  if (!file.tensors.has(STORED_A) && !file.tensors.has(STORED_B)) return null
  const A = new Float32Array(layout.rank * layout.maxIn)
  const B = new Float32Array(layout.maxOut * layout.rank)
  readFloats(tensorOf(file, STORED_A, [layout.rank, layout.maxIn]), A)
  readFloats(tensorOf(file, STORED_B, [layout.maxOut, layout.rank]), B)
  return projectionsOf(layout.rank, A, B)
}

/** The names of tensors that are no part of an adapter of this layout. */
export function foreignTensors(file: SafetensorsFile, layout: VeraLayout): readonly string[] {
  const own = new Set([STORED_A, STORED_B, ...vectorsOf(layout).map(({ name }) => name)])
  return [...file.tensors.keys()].filter((name) => !own.has(name))
}

function tensorOf(file: SafetensorsFile, name: string, shape: readonly number[]): SafetensorsTensor {
  const tensor = file.tensors.get(name)
  if (tensor === undefined) {
    throw new Failure(
      'adapter-incomplete',
      `The adapter file has no tensor ${name}. Export or train the adapter again.`,
    )
  }
  if (tensor.shape.join() !== shape.join()) {
    throw new Failure(
      'adapter-shape',
      `The adapter was made for another model: ${name} has the shape [${tensor.shape.join(', ')}] and this model needs [${shape.join(', ')}]. Use it with the model it was trained on.`,
    )
  }
  return tensor
}

function readFloats(tensor: SafetensorsTensor, out: Float32Array): void {
  switch (tensor.dtype) {
    case 'F32':
      dequantizeF32(tensor.read(), out)
      break
    case 'F16':
      dequantizeF16(tensor.read(), out)
      break
    case 'BF16':
      dequantizeBF16(tensor.read(), out)
      break
    default:
      throw new Failure(
        'adapter-unsupported',
        `The adapter stores ${tensor.name} as ${tensor.dtype}; Veranda reads F32, F16 and BF16.`,
      )
  }
  if (!out.every(Number.isFinite)) {
    throw new Failure(
      'adapter-broken',
      `The adapter's tensor ${tensor.name} holds numbers that are not finite. Export or train the adapter again.`,
    )
  }
}
