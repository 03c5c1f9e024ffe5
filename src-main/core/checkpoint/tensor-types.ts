/**
 * The element formats a GGUF file may store a tensor in: `[name, weights of a block, bytes of a block]` by
 * ggml's number. Formats Veranda can't decode are listed too: their sizes are needed to check a file, their
 * names to say what is missing. Source: ggml.h (`enum ggml_type`) and ggml-common.h (block layouts).
 */
const tensorTypes: ReadonlyMap<number, readonly [name: string, blockSize: number, bytesPerBlock: number]> =
  new Map([
    [0, ['F32', 1, 4]],
    [1, ['F16', 1, 2]],
    [2, ['Q4_0', 32, 18]],
    [3, ['Q4_1', 32, 20]],
    [6, ['Q5_0', 32, 22]],
    [7, ['Q5_1', 32, 24]],
    [8, ['Q8_0', 32, 34]],
    [9, ['Q8_1', 32, 36]],
    [10, ['Q2_K', 256, 84]],
    [11, ['Q3_K', 256, 110]],
    [12, ['Q4_K', 256, 144]],
    [13, ['Q5_K', 256, 176]],
    [14, ['Q6_K', 256, 210]],
    [15, ['Q8_K', 256, 292]],
    [16, ['IQ2_XXS', 256, 66]],
    [17, ['IQ2_XS', 256, 74]],
    [18, ['IQ3_XXS', 256, 98]],
    [19, ['IQ1_S', 256, 50]],
    [20, ['IQ4_NL', 32, 18]],
    [21, ['IQ3_S', 256, 110]],
    [22, ['IQ2_S', 256, 82]],
    [23, ['IQ4_XS', 256, 136]],
    [24, ['I8', 1, 1]],
    [25, ['I16', 1, 2]],
    [26, ['I32', 1, 4]],
    [27, ['I64', 1, 8]],
    [28, ['F64', 1, 8]],
    [29, ['IQ1_M', 256, 56]],
    [30, ['BF16', 1, 2]],
    [34, ['TQ1_0', 256, 54]],
    [35, ['TQ2_0', 256, 66]],
    [39, ['MXFP4', 32, 17]],
  ])

export interface TensorType {
  /** ggml's number. */
  readonly id: number
  readonly name: string
  /** Weights of a block. */
  readonly blockSize: number
  readonly bytesPerBlock: number
}

/** The format with ggml's number `id`, or undefined for one this version of Veranda has never heard of. */
export function tensorTypeOf(id: number): TensorType | undefined {
  const entry = tensorTypes.get(id)
  return entry && { id, name: entry[0], blockSize: entry[1], bytesPerBlock: entry[2] }
}

/** The format with ggml's name, which must be one of the table's. */
export function tensorTypeNamed(name: string): TensorType {
  for (const [id, [known, blockSize, bytesPerBlock]] of tensorTypes) {
    if (known === name) return { id, name, blockSize, bytesPerBlock }
  }
  throw new RangeError(`There is no GGUF tensor type ${name}.`)
}
