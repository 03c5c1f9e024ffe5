import { describe, expect, test } from 'vitest'
import { projections } from '../../../src-main/core/vera/projections.ts'
import { referenceJson, referenceTensors, sha256, tensorNamed } from '../reference-data.ts'

interface Matrix {
  sha256: string
}
interface Single {
  tag: string
  projection_prng_key: number
  r: number
  in_features: number
  out_features: number
  vera_A: Matrix
  vera_B: Matrix
}
interface Mixed {
  projection_prng_key: number
  r: number
  vera_A: Matrix
  vera_B: Matrix
  layers: {
    name: string
    in: number
    out: number
    A_slice: Matrix
    B_slice: Matrix
    A_if_made_at_own_size_sha256: string
  }[]
}

const fixture = referenceJson<{ single: Single[]; mixed: Mixed[] }>('projections/projections.json')
const tensors = referenceTensors('projections/projections.safetensors')

test.each(fixture.single)('$tag is bit-equal to PEFT', (entry) => {
  const { A, B } = projections({
    key: entry.projection_prng_key,
    rank: entry.r,
    maxIn: entry.in_features,
    maxOut: entry.out_features,
  })
  expect(sha256(A)).toBe(entry.vera_A.sha256)
  expect(sha256(B)).toBe(entry.vera_B.sha256)
  const rows = tensorNamed(tensors, `${entry.tag}/A_first2rows`)
  expect(A.subarray(0, rows.length)).toEqual(rows)
})

describe.each(fixture.mixed)('layers of mixed shapes, key $projection_prng_key', (entry) => {
  const rank = entry.r
  const shared = projections({
    key: entry.projection_prng_key,
    rank,
    maxIn: Math.max(...entry.layers.map((layer) => layer.in)),
    maxOut: Math.max(...entry.layers.map((layer) => layer.out)),
  })

  test('share one pair', () => {
    expect(sha256(shared.A)).toBe(entry.vera_A.sha256)
    expect(sha256(shared.B)).toBe(entry.vera_B.sha256)
  })

  test.each(entry.layers)('$name uses the slice of its size', (layer) => {
    expect(sha256(shared.columnsOfA(layer.in))).toBe(layer.A_slice.sha256)
    expect(sha256(shared.rowsOfB(layer.out))).toBe(layer.B_slice.sha256)
    expect(shared.columnsOfA(layer.in)).toBe(shared.columnsOfA(layer.in))
    expect(shared.columnsOfA(layer.in)).toHaveLength(rank * layer.in)
    const own = projections({
      key: entry.projection_prng_key,
      rank,
      maxIn: layer.in,
      maxOut: layer.out,
    })
    expect(sha256(own.A)).toBe(layer.A_if_made_at_own_size_sha256)
  })
})

test('the published first values of key 0 at fan 64', () => {
  const { A } = projections({ key: 0, rank: 1, maxIn: 64, maxOut: 1 })
  expect([...A.subarray(0, 3)]).toEqual([-0.002292361343279481, 0.1642516404390335, -0.25200510025024414])
})
