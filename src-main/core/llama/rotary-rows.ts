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
  return movedRows(bytes, headCount * headDim, (row) => ({ from: pairedRow(row, headDim), to: row }))
}

/** Hugging Face's row order to GGUF's: `pairsToHalves` taken back. */
export function halvesToPairs(bytes: Uint8Array, headCount: number, headDim: number): Uint8Array {
  return movedRows(bytes, headCount * headDim, (row) => ({ from: row, to: pairedRow(row, headDim) }))
}

/** Where a row of Hugging Face's order lies in GGUF's. */
function pairedRow(row: number, headDim: number): number {
  const half = headDim / 2
  const withinHead = row % headDim
  return row - withinHead + 2 * (withinHead % half) + Math.floor(withinHead / half)
}

function movedRows(
  bytes: Uint8Array,
  rows: number,
  moveOf: (row: number) => { readonly from: number; readonly to: number },
): Uint8Array {
  const rowBytes = bytes.length / rows
  const moved = new Uint8Array(bytes.length)
  for (let row = 0; row < rows; row++) {
    const { from, to } = moveOf(row)
    moved.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), to * rowBytes)
  }
  return moved
}
