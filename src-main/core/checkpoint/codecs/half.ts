/** IEEE 754 half precision by table: the dequantisers look up two or more halves for every 32 weights. */

/** Half-precision bits → their value, which float32 holds exactly. */
export const halfToFloat: Float32Array<ArrayBuffer> = makeTable()

function makeTable(): Float32Array<ArrayBuffer> {
  const table = new Float32Array(65536)
  for (let bits = 0; bits < 65536; bits++) table[bits] = valueOf(bits)
  return table
}

/** 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
function valueOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
