/**
 * The order of rows in query and key projections. Hugging Face rotates dimension i of a head with i + D/2
 * (halves), llama.cpp dimension 2i with 2i + 1 (pairs), so its converter reorders the rows of q_proj and k_proj.
 * Source: llama.cpp convert_hf_to_gguf.py (`LlamaModel.permute`).
 */

/**
 * GGUF's row order back to Hugging Face's, exact in any format because whole rows move.
 *
 * @param bytes [headCount, D / 2, 2] rows; returned as [headCount, 2, D / 2] rows
 */
export function pairsToHalves(bytes: Uint8Array, headCount: number, headDim: number): Uint8Array {
  const rowBytes = bytes.length / (headCount * headDim)
  const half = headDim / 2
  const reordered = new Uint8Array(bytes.length)
  for (let row = 0; row < headCount * headDim; row++) {
    const withinHead = row % headDim
    const source = row - withinHead + 2 * (withinHead % half) + Math.floor(withinHead / half)
    reordered.set(bytes.subarray(source * rowBytes, (source + 1) * rowBytes), row * rowBytes)
  }
  return reordered
}
