/** The tensors of a model's files, and which of the model's own they are made of: the reading of them taken back. */
import { ggufArchitectureOf, architectureOf } from './architectures.ts'
import type { LlamaConfig } from './config.ts'
import { fusedName } from './fused-projections.ts'
import { checkPortable } from './not-portable.ts'
import { expectedShapes, ggufName } from './tensor-names.ts'

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
}

/** As transformers' `save_pretrained` writes them. @throws Failure `model-not-portable` */
export function huggingFaceTensors(config: LlamaConfig, architectureName: string): PublishedTensor[] {
  checkPortable(config, architectureName)
  return fused(config, architectureOf(architectureName).fused).map(({ name, parts }) =>
    published(name, parts, () => null),
  )
}

/** As llama.cpp's converter writes them. @throws Failure `model-not-portable` */
export function ggufTensors(config: LlamaConfig, architectureName: string): PublishedTensor[] {
  checkPortable(config, architectureName)
  const { architecture } = ggufArchitectureOf(architectureName)
  return fused(config, architecture.fused).map(({ name, parts }) => {
    const known = ggufName(name.replace('.mlp.gate_up_proj.', '.mlp.up_proj.'))
    if (known === null) throw new TypeError(`The tensor ${name} has no name in GGUF files.`)
    return published(known, parts, (part) =>
      architecture.pairedRows && /\.[qk]_proj\./.test(part) ? config.headDim : null,
    )
  })
}

interface Named {
  readonly name: string
  readonly parts: [name: string, shape: readonly number[]][]
}

function published(
  name: string,
  parts: Named['parts'],
  pairedRowsOf: (part: string) => number | null,
): PublishedTensor {
  const [, first = []] = parts[0] ?? []
  const rows = parts.reduce((sum, [, [count = 0]]) => sum + count, 0)
  return {
    name,
    shape: [rows, ...first.slice(1)],
    parts: parts.map(([part, shape]) => ({ name: part, shape, pairedRows: pairedRowsOf(part) })),
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
