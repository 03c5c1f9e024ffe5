import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src-main/core/graph/builder.ts'
import * as op from '../../src-main/core/graph/operators.ts'
import { float32Data, type Runtime } from '../../src-main/core/graph/runtime.ts'
import { LINEAR_KINDS } from '../../src-main/core/llama/linear-kinds.ts'
import type { Batch } from '../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { initialVectors } from '../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { findAddon } from '../../src-main/engine/native-addon.ts'
import { nativeRuntime } from '../../src-main/engine/native-runtime.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { decoderLogits } from '../reference/decoder-logits.ts'
import { Tensors } from '../reference/fixtures.ts'
import { withImported } from '../reference/imported-model.ts'
import { largestDifference } from '../core/reference-data.ts'
import { temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'
import { equalWeights } from '../core/training/equal-weights.ts'

// An addon older than its sources would say nothing about them.
execFileSync(process.execPath, ['native/build.mjs', '--if-needed'], { stdio: 'inherit' })

const plain = nativeRuntime({ threads: 2, blockArithmetic: null }).runtime
const float32 = nativeRuntime({ threads: 2, blockArithmetic: 'float32' }).runtime
const int16 = nativeRuntime({ threads: 2, blockArithmetic: 'int16' }).runtime
const int8 = nativeRuntime({ threads: 2, blockArithmetic: 'int8' }).runtime

/** y = x + x over [N, 2] and the row count, an int64. */
function doubled() {
  const g = new GraphBuilder('doubled')
  const x = g.input('x', 'float32', ['N', 2])
  g.output(op.add(g, x, x), 'y')
  g.output(op.sizeOf(g, x, 0), 'count')
  return g.finish()
}

const golden = new URL('../golden/architectures/', import.meta.url).pathname

/** Those whose layers see a window, two kinds of layers, or cap their scores. */
describe.skipIf(float32 === null).each(['mistral', 'gemma', 'gemma2', 'gemma3'])(
  '%s on the native runtime [needs cargo]',
  (name) => {
    if (float32 === null) return
    const expected = new Tensors(join(golden, 'expected.safetensors'))
    const ids = Int32Array.from(expected.integers('ids'))
    const batch: Batch = {
      rows: 1,
      ids,
      positions: ids.map((_, place) => place),
      segments: new Int32Array(ids.length),
      labels: ids.map((_, place) => ids[place + 1] ?? -1),
      spans: [],
    }

    test('gives the logits and the loss of transformers', () =>
      withImported(
        join(golden, name),
        async (model, runtime) => {
          const logits = await decoderLogits(model, batch)
          expect(largestDifference(logits, expected.floats(`${name}/logits`))).toBeLessThan(1e-4)
          const pass = await TrainingPass.open(runtime, model.weights)
          const loss = (await pass.loss(batch, null)) / (ids.length - 1)
          expect(loss).toBeCloseTo(expected.floats(`${name}/loss`)[0] ?? Number.NaN, 5)
          await pass.close()
        },
        () => float32,
      ))
  },
)

describe.skipIf(plain === null)('the native runtime [needs cargo]', () => {
  if (plain === null) return

  test('runs graphs; a result is copied when it is read, fed back as it is, and gone when released', async () => {
    const session = await plain.open(doubled())
    const once = await session.run({ x: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] } })
    const twice = await session.run({ x: once['y'] ?? { data: new Float32Array(0), shape: [] } })
    expect(float32Data(twice['y'], 'y')).toEqual(Float32Array.of(4, 8, 12, 16))
    expect(twice['y']?.shape).toEqual([2, 2])
    expect(twice['count']?.data).toEqual(BigInt64Array.of(2n))
    once['y']?.release?.()
    await expect(session.run({ x: once['y'] ?? { data: new Float32Array(0), shape: [] } })).rejects.toThrow(
      'released',
    )
    await session.close()
    await expect(session.run({ x: { data: new Float32Array(2), shape: [1, 2] } })).rejects.toThrow('closed')
  })

  test('runs away from this thread: timers go on, and a run is stopped in the middle, the next one is not', async () => {
    const g = new GraphBuilder('long')
    let y = g.input('x', 'float32', [400, 400])
    for (let i = 0; i < 400; i++) y = op.softmax(g, op.matMul(g, y, y))
    g.output(y, 'y')
    const session = await plain.open(g.finish())
    const x = { data: new Float32Array(400 * 400).fill(1), shape: [400, 400] }
    let turns = 0
    let over = false
    const turn = (): void => {
      turns++
      if (!over) setImmediate(turn)
    }
    setImmediate(turn)
    const start = performance.now()
    await session.run({ x })
    over = true
    const wholeMs = performance.now() - start
    expect(turns).toBeGreaterThan(10)

    const controller = new AbortController()
    const stopped = session.run({ x }, controller.signal)
    setImmediate(() => controller.abort())
    const abortedAt = performance.now()
    await expect(stopped).rejects.toThrow(/abort/)
    expect(performance.now() - abortedAt).toBeLessThan(wholeMs / 2)
    const again = await session.run({ x }, new AbortController().signal)
    expect(float32Data(again['y'], 'y')[0]).toBeCloseTo(1 / 400)
    await session.close()
  })

  test('names a missing and a misshapen input', async () => {
    const session = await plain.open(doubled())
    await expect(session.run({})).rejects.toThrow('"x" is missing')
    await expect(session.run({ x: { data: new Float32Array(3), shape: [1, 2] } })).rejects.toThrow(
      /x: 3 elements do not make the shape/,
    )
    await session.close()
  })

  test('refuses to map what the file does not hold', () => {
    const path = join(temporaryFolder(), 'weights.bin')
    writeFileSync(path, new Uint8Array(Float32Array.of(1, 2, 3).buffer))
    const file = plain.mapFile?.(path)
    expect(file?.tensor('float32', [2], 4).data).toEqual(Float32Array.of(2, 3))
    expect(file?.tensor('uint8', [3], 3).data).toEqual(Uint8Array.of(0x3f, 0, 0))
    const kept = file?.tensor('float32', [3], 0)
    file?.forget()
    expect(kept?.data).toEqual(Float32Array.of(1, 2, 3))
    expect(() => file?.tensor('float32', [3], 4)).toThrow('ends too early')
    expect(() => file?.tensor('float32', [1], 2)).toThrow('begins no float32')
    expect(() => plain.mapFile?.(`${path}.none`)).toThrow(/none/)
  })
})

/** Loss as measured and as learned from, gradient and last logits of a little 4-bit model with an adapter that does something. */
async function results(
  runtime: Runtime,
  directory: string,
  method: 'vera' | 'lora' = 'vera',
  dropoutRate = 0,
) {
  const model = new LoadedModel(directory, runtime, loadCodecs())
  const layout = layoutVera(model.folder.model.config, {
    method,
    rank: 4,
    targets: LINEAR_KINDS,
    layers: null,
  })
  const vectors = initialVectors(layout, 0.1).map((value, at) => value + 0.05 * Math.sin(at))
  const live = liveAdapter(layout, vectors, method === 'lora' ? null : projections({ ...layout, key: 0 }))
  const dropout = dropoutRate === 0 ? null : { rate: dropoutRate, seed: 1, step: 2, batch: 3 }
  const adapter = { ...live, dropout }
  const pass = await TrainingPass.open(runtime, model.weights)
  const ids = Int32Array.from({ length: 14 }, (_, at) => 3 + ((at * 7) % 40))
  const batch = {
    rows: 2,
    ids,
    positions: ids.map((_, at) => at % 7),
    segments: ids.map((_, at) => (at % 7 > 4 ? 1 : 0)),
    labels: ids.map((id, at) => (at % 2 === 0 ? id : -1)),
    spans: [],
  }
  const gradient = new Float32Array(layout.length)
  const learnedLoss = await pass.addGradient(batch, adapter, equalWeights(1), gradient)
  const loss = await pass.loss(batch, adapter)
  const answers: Float32Array[] = []
  for (const opened of [null, { live, identity: 'some', group: null }]) {
    const { decoder, close } = await model.open(opened)
    // A prompt, and a token by itself: there are kernels for many rows and for few.
    answers.push(await decoder.logits([...ids], [ids.length - 1]), await decoder.logits([5], [0]))
    await close()
  }
  await pass.close()
  await model.close()
  return { loss, learnedLoss, gradient, logits: Float32Array.from(answers.flatMap((values) => [...values])) }
}

/** |a − b| / |b| */
function distance(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array) => Math.hypot(...values)
  return norm(a.map((value, at) => value - (b[at] ?? 0))) / norm(b)
}

const hasKernels = float32 !== null && int16 !== null && int8 !== null

describe.skipIf(!hasKernels)('its own operators [needs AVX-512 VNNI]', () => {
  test('train and answer as ONNX Runtime’s do: to rounding in float32, to four digits in int16, nearly in int8', async () => {
    if (float32 === null || int16 === null || int8 === null) return
    const directory = await tinyChatModel()
    const expected = await results(onnxRuntime({ threads: 2 }), directory)
    const exact = await results(float32, directory)
    expect(Math.abs(exact.loss / expected.loss - 1)).toBeLessThan(1e-6)
    expect(exact.learnedLoss).toBe(exact.loss)
    expect(distance(exact.gradient, expected.gradient)).toBeLessThan(1e-5)
    expect(distance(exact.logits, expected.logits)).toBeLessThan(1e-5)
    const fine = await results(int16, directory)
    expect(Math.abs(fine.loss / expected.loss - 1)).toBeLessThan(2e-5)
    expect(distance(fine.logits, expected.logits)).toBeLessThan(5e-4)
    const rounded = await results(int8, directory)
    expect(distance(fine.gradient, rounded.gradient)).toBeGreaterThan(1e-4)
    expect(distance(fine.gradient, expected.gradient)).toBeLessThan(0.05)
    expect(Math.abs(rounded.loss / expected.loss - 1)).toBeLessThan(5e-3)
    expect(distance(rounded.gradient, expected.gradient)).toBeLessThan(0.08)
    expect(distance(rounded.logits, expected.logits)).toBeLessThan(0.05)
    // Rounded it is: else the fast arithmetic was not used.
    expect(distance(rounded.gradient, expected.gradient)).toBeGreaterThan(1e-4)
  })

  test('are those that graphs may hold: an addon built before one of them is not used', () => {
    const addon = createRequire(import.meta.url)(findAddon() ?? '') as { operators(): string[] }
    expect(addon.operators()).toEqual(op.kernelOperators)
  })

  test('train LoRA, and with dropout, as ONNX Runtime’s do', async () => {
    if (float32 === null) return
    const directory = await tinyChatModel()
    for (const [method, rate] of [
      ['lora', 0],
      ['vera', 0.3],
      ['lora', 0.3],
    ] as const) {
      const expected = await results(onnxRuntime({ threads: 2 }), directory, method, rate)
      const exact = await results(float32, directory, method, rate)
      expect(distance(exact.gradient, expected.gradient)).toBeLessThan(1e-5)
      const without = await results(float32, directory, method)
      expect(distance(exact.gradient, without.gradient) > 1e-3).toBe(rate > 0)
    }
  })
})
