/** The tensors of a model's files, and which of the model's own they are made of: the reading of them taken back. */
import { ggufArchitectureOf, architectureOf } from './architectures.ts'
import type { LlamaConfig } from './config.ts'
import { fusedName } from './fused-projections.ts'
import { expectedShapes, ggufName, isNormScale } from './tensor-names.ts'

export interface PublishedTensor {
  readonly name: string
  /** Row-major. */
  readonly shape: readonly number[]
  /** Whose rows it has, one after the other. */
  readonly parts: readonly TensorPart[]
}

export interface TensorPart {
  /** transformers' name. */
  readonly name: string
  readonly shape: readonly number[]
  /** Rows of a head that go to GGUF's rotary order, see `halvesToPairs`; null where they stay. */
  readonly pairedRows: number | null
  /** What is added to each value: the file's is the distance of a norm's scale from one. */
  readonly offset: number
}

/** As transformers' `save_pretrained` writes them. */
export function huggingFaceTensors(config: LlamaConfig, architectureName: string): PublishedTensor[] {
  const { fused: isFused, offsetNorms } = architectureOf(architectureName)
  return fused(config, isFused).map(({ name, parts }) =>
    published(name, parts, (part, shape) => ({
      pairedRows: null,
      offset: offsetNorms && isNormScale(part, shape) ? -1 : 0,
    })),
  )
}

/** As llama.cpp's converter writes them. */
export function ggufTensors(config: LlamaConfig, architectureName: string): PublishedTensor[] {
  const { architecture } = ggufArchitectureOf(architectureName)
  return fused(config, architecture.fused).map(({ name, parts }) => {
    const known = ggufName(name, architecture)
    if (known === null) throw new TypeError(`The tensor ${name} has no name in GGUF files.`)
    return published(known, parts, (part) => ({
      pairedRows: architecture.pairedRows && /\.[qk]_proj\./.test(part) ? config.headDim : null,
      offset: 0,
    }))
  })
}

interface Named {
  readonly name: string
  readonly parts: [name: string, shape: readonly number[]][]
}

function published(
  name: string,
  parts: Named['parts'],
  writtenAs: (part: string, shape: readonly number[]) => Pick<TensorPart, 'pairedRows' | 'offset'>,
): PublishedTensor {
  const [, first = []] = parts[0] ?? []
  const rows = parts.reduce((sum, [, [count = 0]]) => sum + count, 0)
  return {
    name,
    shape: [rows, ...first.slice(1)],
    parts: parts.map(([part, shape]) => ({ name: part, shape, ...writtenAs(part, shape) })),
  }
}

/** The model's tensors, those that such files have as one taken together. */
function fused(config: LlamaConfig, isFused: boolean): readonly Named[] {
  const tensors = new Map<string, Named>()
  for (const [name, shape] of expectedShapes(config)) {
    const whole = isFused ? fusedName(name) : name
    const known = tensors.get(whole)
    if (known === undefined) tensors.set(whole, { name: whole, parts: [[name, shape]] })
    else known.parts.push([name, shape])
  }
  return [...tensors.values()]
}
