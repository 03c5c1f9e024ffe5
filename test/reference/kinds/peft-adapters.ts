import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectionsOfAdapter } from '../../../src-main/core/vera/adapter-file.ts'
import { namedParts } from '../../../src-main/core/vera/adapter-tensors.ts'
import { liveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import type { PeftAdapter } from '../../../src-main/core/vera/peft-adapter.ts'
import { readPeftFolder } from '../../../src-main/engine/export/peft-folder.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { Check } from '../check.ts'
import { decoderLogits } from '../decoder-logits.ts'
import { readJson, Tensors } from '../fixtures.ts'
import { withImported } from '../imported-model.ts'
import { mergedWeights } from '../merged-weights.ts'
import type { ReferenceKind } from '../kind.ts'
import { batchesIn, batchNamed, folderOf, gatherAttended } from '../tiny-llama.ts'

interface Entry {
  /** The model folder. */
  readonly base: string
  readonly kind: 'vera' | 'lora'
  readonly batch: string
  readonly tensors: Readonly<Record<string, readonly [dtype: string, shape: readonly number[]]>>
  readonly merged_changed_weights: Readonly<
    Record<string, { readonly sum: number; readonly abs_sum: number }>
  >
  readonly A_B_in_use: { readonly vera_A?: Hashed; readonly vera_B?: Hashed }
}
interface Hashed {
  readonly sha256: string
}

/** Adapters as PEFT saved them, put on their models. */
export const peftAdapters: ReferenceKind = {
  name: 'peft-adapters',
  path: 'peft-adapters',
  async check(reference) {
    const check = new Check()
    const { adapters } = readJson<{ readonly adapters: Readonly<Record<string, Entry>> }>(
      join(reference, 'peft-adapters', 'adapters.json'),
    )
    for (const [name, entry] of Object.entries(adapters)) {
      await withImported(folderOf(reference, entry.base), (model) =>
        checkAdapter(check, reference, name, entry, model),
      )
    }
    return check.outcome()
  },
}

function read(reference: string, name: string, model: LoadedModel): PeftAdapter {
  return readPeftFolder(join(reference, 'peft-adapters', name), model)
}

async function checkAdapter(
  check: Check,
  reference: string,
  name: string,
  { base, batch: batchName, tensors, A_B_in_use, merged_changed_weights }: Entry,
  model: LoadedModel,
): Promise<void> {
  const adapter = read(reference, name, model)
  const { layout, vectors } = adapter
  check.equal(
    `${name} tensors`,
    namedParts(layout, 'whole')
      .map(({ tensorName }) => tensorName)
      .toSorted(),
    Object.keys(tensors)
      .filter((tensor) => !/vera_[AB]$|base_layer.weight$/.test(tensor))
      .toSorted(),
  )
  const projections = projectionsOfAdapter(adapter)
  if (projections !== null) {
    check.hash(`${name} A`, projections.A, A_B_in_use.vera_A?.sha256)
    check.hash(`${name} B`, projections.B, A_B_in_use.vera_B?.sha256)
  }

  const batch = batchNamed(batchesIn(reference), batchName)
  const logits = await decoderLogits(model, batch, liveAdapter(layout, vectors, projections))
  const expected = new Tensors(join(reference, 'peft-adapters', 'expected_logits.safetensors'))
  const compare = (key: string, absolute: number): void => {
    const values = gatherAttended(batch, expected.floats(`${name}/${key}`))
    check.close(`${name} ${key} on ${base}`, logits, values, { absolute })
  }
  // Over a bf16 base `logits` and `merged_logits` are those of bf16 arithmetic.
  const isOverBf16 = expected.has(`${name}/logits_on_float32_base`)
  if (isOverBf16) compare('logits_on_float32_base', 1e-4)
  compare('logits', isOverBf16 ? 0.5 : 1e-4)
  if (isOverBf16) return
  compare('merged_logits', 1e-4)

  const names = Object.keys(merged_changed_weights)
  const weights = await mergedWeights(model, adapter, names)
  const whole = join(reference, 'peft-adapters', `${name}.merged.safetensors`)
  const stored = existsSync(whole) ? new Tensors(whole) : null
  for (const [weight, { sum, abs_sum }] of Object.entries(merged_changed_weights)) {
    const values = weights.get(weight) ?? new Float32Array(0)
    const sums = [values.reduce((a, b) => a + b, 0), values.reduce((a, b) => a + Math.abs(b), 0)]
    check.close(`${name} merged ${weight}, sums`, sums, [sum, abs_sum], { absolute: 1e-3, relative: 1e-6 })
    if (stored?.has(weight) === true) {
      const expectedWeight = stored.floats(weight)
      check.close(`${name} merged ${weight}`, values, expectedWeight, { absolute: 1e-6, relative: 1e-6 })
    }
  }
}
