/**
 * An adapter's tensors in a safetensors file, under the names PEFT gives them:
 * `base_model.model.<module>.vera_lambda_d [rank]`, `….vera_lambda_b [out]`, `….lora_A.weight [rank, in]`,
 * `….lora_B.weight [out, rank]`, and where VeRA's projections are stored too `base_model.vera_A [rank, maxIn]`,
 * `base_model.vera_B [maxOut, rank]`. What was trained on top of a bias is `….bias_delta [out]`, a name of our own:
 * PEFT stores the bias itself, `….base_layer.bias` of an adapted layer and `….bias` of another one.
 */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { dequantizeBF16, dequantizeF16, dequantizeF32 } from '../checkpoint/codecs/float.ts'
import type { SafetensorsData, SafetensorsFile, SafetensorsTensor } from '../checkpoint/safetensors.ts'
import type { PartName, SitePart, VeraLayout, VeraSite } from './layout.ts'
import { projectionsOf, type Projections } from './projections.ts'

const STORED_A = 'base_model.vera_A'
const STORED_B = 'base_model.vera_B'

/** A bias in the file: what was trained on top of it, or, as PEFT has it, all of it. */
export type BiasForm = 'delta' | 'whole'

/** The name of one part's tensor. */
function tensorName({ module, rank }: VeraSite, part: PartName, form: BiasForm): string {
  const start = `base_model.model.${module}.`
  switch (part) {
    case 'lambda_d':
    case 'lambda_b':
      return `${start}vera_${part}`
    case 'lora_A':
    case 'lora_B':
      return `${start}${part}.weight`
    case 'bias':
      if (form === 'delta') return `${start}bias_delta`
      return rank > 0 ? `${start}base_layer.bias` : `${start}bias`
  }
}

/** The parts of a layout with their tensors' names. */
export function namedParts(
  layout: VeraLayout,
  form: BiasForm,
): readonly (SitePart & { readonly tensorName: string })[] {
  return layout.sites.flatMap((site) =>
    site.parts.map((part) => ({ ...part, tensorName: tensorName(site, part.name, form) })),
  )
}

/** The tensors to write for a flat vector and, unless they come back from a key, its projections. */
export function adapterTensors(
  layout: VeraLayout,
  vectors: Float32Array,
  stored: Projections | null,
  form: BiasForm = 'delta',
): Map<string, SafetensorsData> {
  const tensors = new Map<string, SafetensorsData>()
  for (const { tensorName, start, length, shape } of namedParts(layout, form)) {
    tensors.set(tensorName, float32Tensor(vectors.subarray(start, start + length), shape))
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
export function readVectors(
  file: SafetensorsFile,
  layout: VeraLayout,
  form: BiasForm = 'delta',
): Float32Array {
  const parts = namedParts(layout, form).map((part) => ({
    ...part,
    tensor: tensorOf(file, part.tensorName, part.shape),
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
  if (layout.method !== 'vera') return null
  if (!file.tensors.has(STORED_A) && !file.tensors.has(STORED_B)) return null
  const A = new Float32Array(layout.rank * layout.maxIn)
  const B = new Float32Array(layout.maxOut * layout.rank)
  readFloats(tensorOf(file, STORED_A, [layout.rank, layout.maxIn]), A)
  readFloats(tensorOf(file, STORED_B, [layout.maxOut, layout.rank]), B)
  return projectionsOf(layout.rank, A, B)
}

/** The names of tensors that are no part of an adapter of this layout. */
export function foreignTensors(file: SafetensorsFile, layout: VeraLayout, form: BiasForm): readonly string[] {
  const own = new Set(namedParts(layout, form).map(({ tensorName }) => tensorName))
  if (layout.method === 'vera') own.add(STORED_A).add(STORED_B)
  return [...file.tensors.keys()].filter((name) => !own.has(name))
}

function tensorOf(file: SafetensorsFile, name: string, shape: readonly number[]): SafetensorsTensor {
  const tensor = file.tensors.get(name)
  if (tensor === undefined) {
    throw new Failure(
      'adapter-incomplete',
      sentence`The adapter file has no tensor ${name}. Export or train the adapter again.`,
    )
  }
  if (tensor.shape.join() !== shape.join()) {
    throw new Failure(
      'adapter-shape',
      sentence`The adapter was made for another model: ${name} has the shape [${tensor.shape.join(', ')}] and this model needs [${shape.join(', ')}]. Use it with the model it was trained on.`,
    )
  }
  return tensor
}

/** A tensor's numbers; fails as `readVectors` does. */
export function floatsOf(tensor: SafetensorsTensor): Float32Array {
  const values = new Float32Array(tensor.shape.reduce((product, length) => product * length, 1))
  readFloats(tensor, values)
  return values
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
        sentence`The adapter stores ${tensor.name} as ${tensor.dtype}; Veranda reads F32, F16 and BF16.`,
      )
  }
  if (!out.every(Number.isFinite)) {
    throw new Failure(
      'adapter-broken',
      sentence`The adapter's tensor ${tensor.name} holds numbers that are not finite. Export or train the adapter again.`,
    )
  }
}
