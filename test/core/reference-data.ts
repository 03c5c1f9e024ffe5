/** Reading the reference fixtures: see test/golden/reference/README.md for what each holds. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { memorySource } from '../../src-main/core/checkpoint/byte-source.ts'
import { readSafetensors } from '../../src-main/core/checkpoint/safetensors.ts'

const reference = new URL('../golden/reference/', import.meta.url)

export function referenceBytes(path: string): Uint8Array {
  return readFileSync(new URL(path, reference))
}

export function referenceText(path: string): string {
  return readFileSync(new URL(path, reference), 'utf8')
}

/** A JSON fixture; the caller says what shape it has. */
export function referenceJson<T>(path: string): T {
  return JSON.parse(referenceText(path)) as T
}

/** The float32 tensors of a safetensors fixture by name; others are left out. */
export function referenceTensors(path: string): Map<string, Float32Array> {
  const file = readSafetensors(memorySource(referenceBytes(path)))
  const tensors = new Map<string, Float32Array>()
  for (const [name, tensor] of file.tensors) {
    if (tensor.dtype === 'F32') tensors.set(name, new Float32Array(new Uint8Array(tensor.read()).buffer))
  }
  return tensors
}

export function tensorNamed(tensors: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new Error(`The fixture has no tensor ${name}.`)
  return tensor
}

/** SHA-256 (hex) of the float32 values' little-endian bytes: equal only where every bit is. */
export function sha256(values: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')
}

/** The largest absolute difference; NaN where any value is. */
export function largestDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} values against ${expected.length}.`)
  }
  let largest = 0
  for (const [i, value] of expected.entries())
    largest = Math.max(largest, Math.abs((actual[i] ?? NaN) - value))
  return largest
}
