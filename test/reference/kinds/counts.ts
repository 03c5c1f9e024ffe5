import { join } from 'node:path'
import { configFromHuggingFace } from '../../../src-main/core/llama/config-from-huggingface.ts'
import { LINEAR_KINDS } from '../../../src-main/core/llama/linear-kinds.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { Check } from '../check.ts'
import { readJson } from '../fixtures.ts'
import type { ReferenceKind } from '../kind.ts'

interface Count {
  readonly name: string
  readonly kind: string
  /** VeRA where it is missing. */
  readonly method?: 'vera' | 'lora'
  readonly dims: Readonly<Record<string, unknown>>
  readonly r: number
  readonly target_modules: 'all-linear' | readonly string[]
  readonly trainable_by_peft: number
  readonly vera_A_B_shapes: readonly [A: readonly number[], B: readonly number[]] | null
}

/** Trainable parameters and the sizes of A and B, as PEFT counts them. */
export const counts: ReferenceKind = {
  name: 'counts',
  path: 'vera-paper',
  check(reference) {
    const check = new Check()
    const { configs } = readJson<{ readonly configs: readonly Count[] }>(
      join(reference, 'vera-paper', 'counts.json'),
    )
    for (const { name, kind, method, dims, r, target_modules, ...expected } of configs) {
      if (kind !== 'llama') {
        check.skip(`${name}: Veranda runs Llama-class models only`)
        continue
      }
      const config = configFromHuggingFace({ model_type: 'llama', ...dims })
      const targets =
        target_modules === 'all-linear'
          ? LINEAR_KINDS
          : LINEAR_KINDS.filter((linear) => target_modules.includes(linear))
      const layout = layoutVera(config, {
        method: method ?? 'vera',
        rank: r,
        targets,
        layers: null,
      })
      check.equal(`${name} trainable`, layout.length, expected.trainable_by_peft)
      if (expected.vera_A_B_shapes === null) continue
      const shapes = [
        [r, layout.maxIn],
        [layout.maxOut, r],
      ]
      check.equal(`${name} shapes of A and B`, shapes, expected.vera_A_B_shapes)
    }
    return check.outcome()
  },
}
