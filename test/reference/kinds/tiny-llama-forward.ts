import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { Check } from '../check.ts'
import { decoderLogits } from '../decoder-logits.ts'
import { readJson, Tensors } from '../fixtures.ts'
import { withImported } from '../imported-model.ts'
import type { ReferenceKind } from '../kind.ts'
import { withRoundedRotary } from '../rounded-rotary.ts'
import { batchesIn, batchNamed, countLabels, folderOf, gatherAttended, variantsIn } from '../tiny-llama.ts'

interface Expected {
  readonly parameters: number
  readonly batches: {
    readonly [batch: string]: {
      readonly loss: number
      readonly loss_math_fp32?: number
      readonly scored_tokens: number
    }
  }
}

const tolerance = { absolute: 1e-4 }
/** Weights in bfloat16 computed in float32, as we compute them; plain `logits` of such a folder are bfloat16's. */
const upcastLogits = 'logits_weights_bf16_math_fp32'

/** Hidden states, logits and losses of every folder, by the layer graphs and by the decoder graph. */
export const tinyLlamaForward: ReferenceKind = {
  name: 'tiny-llama forward',
  path: 'tiny-llama/expected',
  async check(reference) {
    const check = new Check()
    const losses = readJson<Record<string, Expected>>(
      join(reference, 'tiny-llama', 'expected', 'forward.json'),
    )
    for (const variant of variantsIn(reference)) {
      // The same model in several files: its numbers are the other folder's.
      const source = variant.replace(/-sharded$/, '')
      const expected = losses[source]
      check.holds(`${variant} is in forward.json`, expected !== undefined)
      if (expected !== undefined) await checkVariant(check, reference, variant, source, expected)
      await checkOlderConfig(check, reference, variant)
    }
    return check.outcome()
  },
}

async function checkVariant(
  check: Check,
  reference: string,
  variant: string,
  source: string,
  expected: Expected,
): Promise<void> {
  const inputs = batchesIn(reference)
  const tensors = new Tensors(join(reference, 'tiny-llama', 'expected', `${source}.safetensors`))
  const isRounded = tensors.names.some((name) => name.endsWith(upcastLogits))
  if (isRounded)
    check.skip(`${variant} by our own rotary frequencies: the reference's are rounded to bfloat16`)
  await withImported(
    folderOf(reference, variant),
    async (model, runtimeInUse) => {
      check.equal(`${variant} parameters`, model.folder.summary.parameterCount, expected.parameters)
      const pass = await TrainingPass.open(runtimeInUse, model.weights)
      for (const [name, { loss, loss_math_fp32, scored_tokens }] of Object.entries(expected.batches)) {
        const what = `${variant} ${name}`
        const batch = batchNamed(inputs, name)
        check.equal(`${what} scored tokens`, countLabels(batch), scored_tokens)
        const mean = (await pass.loss(batch, null)) / countLabels(batch)
        check.close(`${what} loss`, [mean], [loss_math_fp32 ?? loss], { absolute: 1e-5 })
        const compare = (key: string, actual: Float32Array, allowed = tolerance): void => {
          const values = gatherAttended(batch, tensors.floats(`${name}/${key}`))
          check.close(`${what} ${key}`, actual, values, allowed)
        }
        // The last hidden state of the fixture is after the final norm, ours before it: the logits stand for it.
        const states = (await pass.hiddenStates(batch, null)).slice(0, -1)
        for (const [layer, state] of isRounded ? [] : states.entries()) {
          compare(`hidden_${layer}`, gatherAttended(batch, state))
        }
        const logits = await decoderLogits(model, batch)
        compare(isRounded ? upcastLogits : 'logits', logits)
        if (isRounded) compare('logits', logits, { absolute: 0.5 })
      }
      await pass.close()
    },
    isRounded ? withRoundedRotary : undefined,
  )
}

/** The same folder with the config.json that transformers 4 wrote. */
async function checkOlderConfig(check: Check, reference: string, variant: string): Promise<void> {
  const folder = folderOf(reference, variant)
  if (!existsSync(join(folder, 'config.transformers4.json'))) return
  const older = mkdtempSync(join(tmpdir(), 'veranda-transformers4-'))
  try {
    for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(older, file))
    copyFileSync(join(folder, 'config.transformers4.json'), join(older, 'config.json'))
    const configOf = async (model: LoadedModel) => model.folder.model.config
    check.equal(
      `${variant} with transformers 4's config`,
      await withImported(older, configOf),
      await withImported(folder, configOf),
    )
  } finally {
    rmSync(older, { recursive: true, force: true })
  }
}
