import { readFileSync } from 'node:fs'
import { memorySource } from '../../src-main/core/checkpoint/byte-source.ts'
import { halfToFloat } from '../../src-main/core/checkpoint/codecs/half.ts'
import { readSafetensors } from '../../src-main/core/checkpoint/safetensors.ts'

/** The fixture's JSON; its shape is stated in the reference's README. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** The tensors of a safetensors file as numbers (F32, F16, I64) or bytes (U8), by name. */
export class Tensors {
  readonly #file: ReturnType<typeof readSafetensors>

  constructor(path: string) {
    this.#file = readSafetensors(memorySource(readFileSync(path)))
  }

  get names(): readonly string[] {
    return [...this.#file.tensors.keys()]
  }

  has(name: string): boolean {
    return this.#file.tensors.has(name)
  }

  shape(name: string): readonly number[] {
    return this.#tensor(name).shape
  }

  bytes(name: string): Uint8Array {
    return this.#tensor(name).read()
  }

  floats(name: string): Float32Array {
    const { dtype } = this.#tensor(name)
    const buffer = this.bytes(name).slice().buffer
    if (dtype === 'F32') return new Float32Array(buffer)
    if (dtype === 'F16') return Float32Array.from(new Uint16Array(buffer), (half) => halfToFloat[half] ?? 0)
    throw new TypeError(`${name} is ${dtype}, not floats.`)
  }

  integers(name: string): number[] {
    return [...new BigInt64Array(this.bytes(name).slice().buffer)].map(Number)
  }

  #tensor(name: string) {
    const tensor = this.#file.tensors.get(name)
    if (tensor === undefined) throw new TypeError(`The fixture has no tensor ${name}.`)
    return tensor
  }
}
