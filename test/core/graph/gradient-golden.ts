/** The gradients that PyTorch computed: test/golden/gradients/make_gradients.py says how. */
import { readFileSync } from 'node:fs'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import type { Tensor } from '../../../src-main/core/graph/runtime.ts'

export interface FloatTensor extends Tensor {
  readonly data: Float32Array
}

export interface GoldenCase {
  readonly inputs: Readonly<Record<string, FloatTensor>>
  /** The gradient of the result that the backward pass starts from. */
  readonly seed: FloatTensor
  readonly output: FloatTensor
  /** By input; inputs without one are frozen. */
  readonly gradients: Readonly<Record<string, FloatTensor>>
}

const file = new URL('../../golden/gradients/gradients.safetensors', import.meta.url)

/** Every case by name: `<operator>/<what is special about it>`. */
export function goldenCases(): ReadonlyMap<string, GoldenCase> {
  const cases = new Map<string, Map<string, FloatTensor>>()
  for (const [path, stored] of readSafetensors(memorySource(readFileSync(file))).tensors) {
    const [operator, title, ...rest] = path.split('/')
    const name = `${operator}/${title}`
    const parts = cases.get(name) ?? new Map<string, FloatTensor>()
    cases.set(name, parts)
    const data = new Float32Array(Uint8Array.from(stored.read()).buffer)
    parts.set(rest.join('/'), { data, shape: stored.shape })
  }
  return new Map([...cases].map(([name, parts]) => [name, caseOf(name, parts)]))
}

export function goldenCase(name: string): GoldenCase {
  const found = goldenCases().get(name)
  if (found === undefined) throw new Error(`There is no golden case ${name}.`)
  return found
}

function caseOf(name: string, parts: ReadonlyMap<string, FloatTensor>): GoldenCase {
  const [seed, output] = [parts.get('seed'), parts.get('output')]
  if (seed === undefined || output === undefined) throw new Error(`The golden case ${name} is not whole.`)
  const under = (folder: string) =>
    Object.fromEntries(
      [...parts]
        .filter(([path]) => path.startsWith(`${folder}/`))
        .map(([path, value]) => [path.slice(folder.length + 1), value]),
    )
  return { inputs: under('input'), seed, output, gradients: under('gradient') }
}
