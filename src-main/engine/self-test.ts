/** Whether a device computes what the processor does, on a little random model: chat and training alike. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sentence, sentence } from '../contract/sentence.ts'
import type { Runtime } from '../core/graph/runtime.ts'
import { LINEAR_KINDS } from '../core/llama/linear-kinds.ts'
import { TrainingPass } from '../core/training/loss-gradient.ts'
import { initialVectors } from '../core/vera/initial-vectors.ts'
import { layoutVera } from '../core/vera/layout.ts'
import { type LiveAdapter, liveAdapter } from '../core/vera/live-adapter.ts'
import { projections } from '../core/vera/projections.ts'
import type { SelfTestErrors } from './device-contract.ts'
import { LoadedModel } from './loaded-model.ts'
import type { Codecs } from './native-codecs.ts'
import { writeSelfTestModel } from './self-test-model.ts'

/**
 * What is let pass. Devices sum in another order and round exponentials and roots otherwise, which moves the fourth
 * digit at most; an operator that is wrong moves the first.
 */
const selfTestTolerance: SelfTestErrors = { loss: 1e-3, gradient: 5e-3, logits: 1e-3 }
/**
 * In 16 bits. Rounding each result alone makes 5e-5, 2e-3 and 2e-3 of it; devices that also sum in 16 bits lose about
 * two more binary digits.
 */
const halfTolerance: SelfTestErrors = { loss: 5e-3, gradient: 2e-2, logits: 2e-2 }

export async function selfTest(reference: Runtime, tested: Runtime, codecs: Codecs): Promise<SelfTestErrors> {
  const directory = mkdtempSync(join(tmpdir(), 'veranda-self-test-'))
  try {
    await writeSelfTestModel(directory, codecs)
    const expected = await compute(directory, reference, codecs)
    const found = await compute(directory, tested, codecs)
    return {
      loss: Math.abs(found.loss / expected.loss - 1),
      gradient: distance(found.gradient, expected.gradient),
      logits: distance(found.logits, expected.logits),
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Which errors are too large, in words; null where none is. */
export function selfTestFailure(errors: SelfTestErrors, halves: boolean): Sentence | null {
  const tolerance = halves ? halfTolerance : selfTestTolerance
  for (const name of ['logits', 'loss', 'gradient'] as const) {
    // Not a number is no less wrong than a large one.
    if (!(errors[name] <= tolerance[name]))
      return sentence`Its ${name} in a small test are ${Number(errors[name].toPrecision(2))} away from the processor's.`
  }
  return null
}

async function compute(directory: string, runtime: Runtime, codecs: Codecs) {
  const model = new LoadedModel(directory, runtime, codecs)
  const layout = layoutVera(model.folder.model.config, {
    method: 'vera',
    rank: 8,
    targets: LINEAR_KINDS,
    layers: null,
  })
  const vectors = initialVectors(layout, 0.1).map((value, at) => value + 0.05 * Math.sin(at))
  const adapter = liveAdapter(layout, vectors, projections({ ...layout, key: 0 }))
  const pass = await TrainingPass.open(runtime, model.weights)
  try {
    const ids = Int32Array.from({ length: 24 }, (_, at) => (at * 7) % 96)
    const batch = {
      rows: 2,
      ids,
      positions: ids.map((_, at) => at % 12),
      segments: ids.map((_, at) => (at % 12 > 7 ? 1 : 0)),
      labels: ids.map((id, at) => (at % 3 === 0 ? id : -1)),
      spans: [],
    }
    const gradient = new Float32Array(layout.length)
    const dropout = { rate: 0.1, seed: 1, step: 0, batch: 0 }
    const loss = await pass.addGradient(
      batch,
      { ...adapter, dropout },
      (losses) => losses.map(() => 1),
      gradient,
    )
    return { loss, gradient, logits: await chatLogits(model, adapter, [...ids]) }
  } finally {
    await pass.close()
    await model.close()
  }
}

/** After a prompt, after a token, and after some tokens were taken back. */
async function chatLogits(
  model: LoadedModel,
  live: LiveAdapter,
  ids: readonly number[],
): Promise<Float32Array> {
  const { decoder, close } = await model.open({ live, identity: 'self-test', group: null })
  try {
    const all: number[] = [...(await decoder.logits(ids, [ids.length - 1]))]
    all.push(...(await decoder.logits([5], [0])))
    decoder.truncate(ids.length - 4)
    all.push(...(await decoder.logits([6, 7, 8], [1, 2])))
    return Float32Array.from(all)
  } finally {
    await close()
  }
}

function distance(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  return norm(a.map((value, at) => value - (b[at] ?? 0))) / norm(b)
}
