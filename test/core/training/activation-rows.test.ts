import { expect, test } from 'vitest'
import {
  activationBytes,
  ActivationRows,
  type ByteStore,
} from '../../../src-main/core/training/activation-rows.ts'

function memory(length: number): ByteStore {
  const all = new Uint8Array(length)
  return {
    write: (offset, bytes) => all.set(bytes, offset),
    read: (offset, out) => out.set(all.subarray(offset, offset + out.length)),
  }
}

const rows = Float32Array.of(0, -1.5, 0.1, 65504, 3e-8, 1e-3, 1e6, -70_000, 1)

function throughStore(precision: 'float16' | 'float32'): Float32Array {
  const kept = new ActivationRows(memory(activationBytes(4, 3, precision)), 4, 3, precision)
  kept.write(1, rows)
  const back = new Float32Array(9)
  kept.read(1, back)
  const last = new Float32Array(3)
  kept.read(3, last)
  expect(last).toEqual(back.subarray(6))
  return back
}

test('32 bits give back every bit', () => {
  expect(throughStore('float32')).toEqual(rows)
})

test('16 bits keep eleven bits of each number, however large its row is', () => {
  const back = throughStore('float16')
  for (const [index, value] of rows.entries()) {
    // Below 2^-14 of the row's scale the steps no longer get smaller.
    const step = Math.max(Math.abs(value) * 2 ** -11, (index < 6 ? 1 : 32) * 2 ** -24)
    expect(Math.abs((back[index] ?? 0) - value), String(value)).toBeLessThanOrEqual(step)
  }
})
