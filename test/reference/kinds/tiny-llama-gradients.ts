import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { clipGradient } from '../../../src-main/core/training/clip.ts'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import type { LiveAdapter } from '../../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../../src-main/core/vera/projections.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { Check } from '../check.ts'
import { decoderLogits } from '../decoder-logits.ts'
import { readJson, Tensors } from '../fixtures.ts'
import { withImported } from '../imported-model.ts'
import type { ReferenceKind } from '../kind.ts'
import {
  batchesIn,
  batchNamed,
  countLabels,
  fixtureAdapter,
  flatVector,
  folderOf,
  gatherAttended,
  meanGradient,
} from '../tiny-llama.ts'

interface Single {
  readonly batch: string
  readonly loss: number
  readonly trainable: number
  readonly grad_norm: number
}
interface Accumulation {
  readonly variant: string
  readonly batches: readonly string[]
  readonly scored_tokens: readonly number[]
  readonly loss_sum: number
  readonly loss_concatenated: number
}
type Gradients = { readonly accumulation: Accumulation } & Readonly<Record<string, Single>>

const tolerance = { absolute: 5e-6, relative: 1e-3 }

/** Gradients of one batch, and of a step's loss over two batches. */
export const tinyLlamaGradients: ReferenceKind = {
  name: 'tiny-llama gradients',
  path: 'tiny-llama/grads',
  async check(reference) {
    const check = new Check()
    const { accumulation, ...entries } = readJson<Gradients>(
      join(reference, 'tiny-llama', 'grads', 'grads.json'),
    )
    for (const [name, entry] of Object.entries(entries)) {
      await checkSingle(check, reference, name, entry)
    }
    await checkAccumulation(check, reference, accumulation)
    return check.outcome()
  },
}

async function checkSingle(check: Check, reference: string, name: string, expected: Single): Promise<void> {
  const variant = name.slice(name.indexOf('_') + 1)
  const tensors = gradientsOf(reference, name)
  const batch = batchNamed(batchesIn(reference), expected.batch)
  await withImported(folderOf(reference, variant), async (model, runtime) => {
    const adapter = fixtureAdapter(reference, variant, model.folder.model.config, tensors, 'param')
    if (adapter.layout.method === 'vera') checkProjections(check, reference, name, adapter, tensors)
    check.equal(`${name} trainable`, adapter.layout.length, expected.trainable)
    const pass = await TrainingPass.open(runtime, model.weights)
    const { gradient, loss } = await meanGradient(pass, adapter, [batch])
    await pass.close()
    check.close(`${name} loss`, [loss], [expected.loss], { absolute: 1e-5 })
    check.close(name, gradient, flatVector(tensors, 'grad', adapter.layout), tolerance)
    check.close(`${name} norm`, [clipGradient(gradient, 0)], [expected.grad_norm], tolerance)
    const logits = await decoderLogits(model, batch, adapter)
    check.close(`${name} logits`, logits, gatherAttended(batch, tensors.floats('logits')), { absolute: 1e-4 })
  })
}

/** Two batches of one step, added up with their common count of labels, are the gradient of both as one batch. */
async function checkAccumulation(check: Check, reference: string, expected: Accumulation): Promise<void> {
  const tensors = new Tensors(join(reference, 'tiny-llama', 'grads', 'accumulation.safetensors'))
  const batches = expected.batches.map((name) => batchNamed(batchesIn(reference), name))
  check.equal('accumulation scored tokens', batches.map(countLabels), expected.scored_tokens)
  await withImported(folderOf(reference, expected.variant), async (model, runtime) => {
    // The fixture holds only the gradients: its adapter is that of the variant's own gradients.
    const adapter = adapterOf(reference, expected.variant, model)
    const pass = await TrainingPass.open(runtime, model.weights)
    const { gradient, loss } = await meanGradient(pass, adapter, batches)
    await pass.close()
    check.close('accumulated loss', [loss], [expected.loss_sum], { absolute: 1e-5 })
    check.close('concatenated loss', [loss], [expected.loss_concatenated], { absolute: 1e-5 })
    for (const name of ['accumulated', 'concatenated']) {
      check.close(name, gradient, flatVector(tensors, name, adapter.layout), tolerance)
    }
  })
}

function gradientsOf(reference: string, name: string): Tensors {
  return new Tensors(join(reference, 'tiny-llama', 'grads', `${name}.safetensors`))
}

function adapterOf(reference: string, variant: string, model: LoadedModel): LiveAdapter {
  const tensors = gradientsOf(reference, `vera_${variant}`)
  return fixtureAdapter(reference, variant, model.folder.model.config, tensors, 'param')
}

/** The projections must come from one of the keys that the reference's adapters name. */
function checkProjections(
  check: Check,
  reference: string,
  name: string,
  { layout }: LiveAdapter,
  tensors: Tensors,
): void {
  const adapters = join(reference, 'peft-adapters')
  const folders = existsSync(adapters) ? readdirSync(adapters) : []
  const keys = folders
    .map((folder) => join(adapters, folder, 'adapter_config.json'))
    .filter((path) => existsSync(path))
    .map((path) => readJson<{ readonly projection_prng_key?: number }>(path).projection_prng_key)
    .filter((key) => key !== undefined)
  const [A, B] = [tensors.floats('vera_A'), tensors.floats('vera_B')]
  const startsLikeA = (key: number): boolean => projections({ ...layout, key }).A[0] === A[0]
  const key = keys.find(startsLikeA)
  if (key === undefined) {
    check.skip(`${name}: A and B from a key, as no adapter of the reference has theirs`)
    return
  }
  const ours = projections({ ...layout, key })
  check.sameBits(`${name} A of key ${key}`, ours.A, A)
  check.sameBits(`${name} B of key ${key}`, ours.B, B)
}
