import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { batchOf } from '../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../src-main/core/training/loss-gradient.ts'
import { packRows } from '../../src-main/core/training/packing.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import { rand, TorchGenerator } from '../../src-main/core/vera/random.ts'
import type { ChatInput, TrainInput, TrainingExample } from '../../src-main/engine/contract.ts'
import { chat } from '../../src-main/engine/chat.ts'
import { countTokens, evaluate, maskExamples } from '../../src-main/engine/evaluate.ts'
import { tokenizeExamples } from '../../src-main/engine/examples.ts'
import { openAdapter } from '../../src-main/engine/open-adapter.ts'
import { train } from '../../src-main/engine/train.ts'
import { pairExamples, tinySettings } from './tiny-run.ts'
import { engineResources, finish, temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'
import { equalWeights } from '../core/training/equal-weights.ts'

const resources = engineResources()
const goOn = new AbortController().signal
let modelDirectory = ''
beforeAll(async () => {
  modelDirectory = await tinyChatModel()
})

const settings = tinySettings
const examples = pairExamples()

function trainInput(changes: Partial<TrainInput> = {}): TrainInput {
  return {
    modelDirectory,
    examples,
    heldOut: examples.slice(0, 2),
    replay: [],
    settings,
    runDirectory: temporaryFolder(),
    ...changes,
  }
}

function chatInput(changes: Partial<ChatInput> = {}): ChatInput {
  return {
    modelDirectory,
    messages: examples[2]?.messages.slice(0, 2) ?? [],
    adapter: null,
    sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 },
    maxTokens: 12,
    ...changes,
  }
}

test('packed examples with a shared beginning have the loss and gradient of the examples alone', async () => {
  const model = resources.model(modelDirectory)
  const layout = layoutVera(model.folder.model.config, {
    rank: 4,
    targets: ['q_proj', 'down_proj'],
    layers: null,
  })
  const vectors = rand(new TorchGenerator(5), layout.length).map((value) => value - 0.5)
  const adapter = liveAdapter(layout, vectors, projections({ ...layout, key: 1 }))
  const tokenized = tokenizeExamples(model, examples)
  const pass = await TrainingPass.open(resources.runtime, model.weights)
  const measure = async (groups: (typeof tokenized)[]) => {
    const gradient = new Float32Array(layout.length)
    let loss = 0
    for (const group of groups)
      loss += await pass.addGradient(batchOf(packRows(group, 70)), adapter, equalWeights(1), gradient)
    return { loss, gradient }
  }
  const alone = await measure(tokenized.map((example) => [example]))
  const packed = await measure([tokenized])
  await pass.close()
  const rows = packRows(tokenized, 70).rows
  expect(rows.length).toBeGreaterThan(1)
  expect(rows[0]?.segments).toContain(-2)
  expect(packed.loss).toBeCloseTo(alone.loss, 3)
  const largest = Math.max(...alone.gradient.map(Math.abs))
  const difference = Math.max(
    ...packed.gradient.map((value, i) => Math.abs(value - (alone.gradient[i] ?? 0))),
  )
  expect(difference).toBeLessThan(largest * 1e-4)
})

describe('a run', () => {
  test('learns, and its adapter changes the answers and the loss of the model', async () => {
    const input = trainInput()
    const { events, result } = await finish(train(resources)(input, goOn))
    expect(result.status).toBe('done')
    expect(result.lossAfter).toBeLessThan(0.8 * (result.lossBefore ?? 0))
    expect(result.heldOutLossAfter).toBeLessThan(result.heldOutLossBefore ?? 0)
    expect(events.filter((event) => event.type === 'step')).toHaveLength(result.steps)
    expect(events[0]).toMatchObject({
      type: 'prepared',
      resumedAtStep: 0,
      trainableParameters: result.trainableParameters,
    })
    const adapter = { path: result.adapterPath ?? '', strength: 1 }
    expect(readFileSync(adapter.path)).toHaveLength(result.adapterBytes)

    const measured = await finish(evaluate(resources)({ modelDirectory, examples, adapter }, goOn))
    expect(measured.result.meanLoss).toBeCloseTo(result.lossAfter ?? 0, 5)
    expect(measured.result.perplexity).toBeCloseTo(Math.exp(measured.result.meanLoss), 5)
    const off = await finish(
      evaluate(resources)({ modelDirectory, examples, adapter: { ...adapter, strength: 0 } }, goOn),
    )
    expect(off.result.meanLoss).toBeCloseTo(result.lossBefore ?? 0, 5)

    const base = await finish(chat(resources)(chatInput(), goOn))
    const taught = await finish(chat(resources)(chatInput({ adapter }), goOn))
    const baseAgain = await finish(chat(resources)(chatInput(), goOn))
    expect(taught.result.text).not.toBe(base.result.text)
    expect(baseAgain.result.text).toBe(base.result.text)
  })

  test('stopped and continued ends with the same adapter, bit for bit', async () => {
    const whole = await finish(train(resources)(trainInput(), goOn))
    const input = trainInput()
    for (const stopAfter of [3, 7]) {
      const stop = new AbortController()
      const { result } = await finish(train(resources)(input, stop.signal), (event) => {
        if (event.type === 'step' && event.step === stopAfter) stop.abort()
      })
      expect(result).toMatchObject({ status: 'stopped', step: stopAfter, adapterPath: null })
    }
    const { events, result } = await finish(train(resources)(input, goOn))
    expect(events[0]).toMatchObject({ type: 'prepared', resumedAtStep: 7 })
    expect(result.lossBefore).toBe(whole.result.lossBefore)
    expect(readFileSync(result.adapterPath ?? '')).toEqual(readFileSync(whole.result.adapterPath ?? ''))
  })

  test('of the upper layers learns, says so in its adapter, and continues bit for bit', async () => {
    const upper = { ...settings, layerShare: 0.5 }
    const input = trainInput({ settings: upper })
    const whole = await finish(train(resources)(input, goOn))
    expect(whole.result.lossAfter).toBeLessThan(whole.result.lossBefore ?? 0)
    expect(readdirSync(input.runDirectory).toSorted()).toEqual([
      'adapter.safetensors',
      'checkpoint.safetensors',
    ])
    // Nothing is kept of the frozen layers here: what was kept moved the losses little.
    const adapter = { path: whole.result.adapterPath ?? '', strength: 1 }
    const { result } = await finish(evaluate(resources)({ modelDirectory, examples, adapter }, goOn))
    expect(result.meanLoss).toBeCloseTo(whole.result.lossAfter ?? 0, 3)
    expect(openAdapter(adapter, resources.model(modelDirectory).folder).layout.sites[0]?.layer).toBe(1)

    const again = trainInput({ settings: upper })
    const stop = new AbortController()
    await finish(train(resources)(again, stop.signal), (event) => {
      if (event.type === 'step' && event.step === 4) stop.abort()
    })
    const { result: resumed } = await finish(train(resources)(again, goOn))
    expect(readFileSync(resumed.adapterPath ?? '')).toEqual(readFileSync(adapter.path))
  })

  test('learns along what the base model answers to general questions, asked once', async () => {
    const questions = ['sky?', 'how are you?'].map((content) => [{ role: 'user' as const, content }])
    const input = trainInput({ replay: questions })
    const { result } = await finish(train(resources)(input, goOn))
    const alone = await finish(train(resources)(trainInput(), goOn))
    expect(result.lossBefore).toBe(alone.result.lossBefore)
    expect(result.trainableParameters).toBe(alone.result.trainableParameters)
    const kept = readFileSync(join(modelDirectory, 'own-answers.json'), 'utf8')
    const answers = JSON.parse(kept) as [string, string][]
    expect(answers.map(([asked]) => JSON.parse(asked))).toEqual(questions)

    const again = trainInput({ replay: questions })
    const repeated = await finish(train(resources)(again, goOn))
    expect(readFileSync(repeated.result.adapterPath ?? '')).toEqual(readFileSync(result.adapterPath ?? ''))
    expect(readFileSync(join(modelDirectory, 'own-answers.json'), 'utf8')).toBe(kept)
  })

  test.each([
    [
      'LoRA with dropout',
      { method: 'lora' as const, rank: 4, alpha: 8, dropout: 0.2, learningRate: 0.01, layers: [1] },
    ],
    ['VeRA with dropout and ranks by kind', { dropout: 0.1, ranks: { q_proj: 8, '0.o_proj': 0 } }],
  ])('with %s learns, answers at every strength and continues bit for bit', async (_, changes) => {
    const input = trainInput({ settings: { ...settings, ...changes } })
    const whole = await finish(train(resources)(input, goOn))
    expect(whole.result.lossAfter).toBeLessThan(0.9 * (whole.result.lossBefore ?? 0))
    const path = whole.result.adapterPath ?? ''
    const lossAt = async (strength: number) =>
      (await finish(evaluate(resources)({ modelDirectory, examples, adapter: { path, strength } }, goOn)))
        .result.meanLoss
    // To three digits: what a run keeps of frozen layers is in 16 bits.
    expect(await lossAt(0)).toBeCloseTo(whole.result.lossBefore ?? 0, 3)
    // Dropout is of the training alone: the loss at full strength is what the run measured at its end.
    expect(await lossAt(1)).toBeCloseTo(whole.result.lossAfter ?? 0, 3)
    expect(await lossAt(0.5)).toBeLessThan(whole.result.lossBefore ?? 0)
    const base = await finish(chat(resources)(chatInput(), goOn))
    const taught = await finish(chat(resources)(chatInput({ adapter: { path, strength: 1 } }), goOn))
    expect(taught.result.text).not.toBe(base.result.text)

    const again = { ...input, runDirectory: temporaryFolder() }
    const stop = new AbortController()
    await finish(train(resources)(again, stop.signal), (event) => {
      if (event.type === 'step' && event.step === 4) stop.abort()
    })
    const { result: resumed } = await finish(train(resources)(again, goOn))
    expect(readFileSync(resumed.adapterPath ?? '')).toEqual(readFileSync(path))
  })

  test('stopped while its losses are measured measures them again', async () => {
    const whole = await finish(train(resources)(trainInput(), goOn))
    const input = trainInput()
    const last = whole.result.steps
    const places: ((event: { type: string; step?: number; set?: string }) => boolean)[] = [
      ({ type, set, step }) => type === 'measured' && set === 'training' && step === 0,
      ({ type, step }) => type === 'step' && step === last,
      ({ type, set, step }) => type === 'measured' && set === 'heldOut' && step === last,
    ]
    for (const isPlace of places) {
      const stop = new AbortController()
      const { result } = await finish(train(resources)(input, stop.signal), (event) => {
        if (isPlace(event)) stop.abort()
      })
      expect(result.status).toBe('stopped')
    }
    const { result } = await finish(train(resources)(input, goOn))
    const losses = ['lossBefore', 'heldOutLossBefore', 'lossAfter', 'heldOutLossAfter'] as const
    for (const loss of losses) expect(result[loss], loss).toBe(whole.result[loss])
  })

  test("is not continued from another run's checkpoint", async () => {
    const input = trainInput({ settings: { ...settings, epochs: 1 } })
    await finish(train(resources)(input, goOn))
    const other = { ...input, settings: { ...settings, epochs: 2 } }
    await expect(finish(train(resources)(other, goOn))).rejects.toMatchObject({
      code: 'checkpoint-other-run',
    })
  })

  test('stops with a reason when the loss is no longer a number', async () => {
    const wild = { ...settings, learningRate: 1e30, warmupRatio: 0, clipNorm: 0 }
    await expect(finish(train(resources)(trainInput({ settings: wild }), goOn))).rejects.toMatchObject({
      code: 'loss-not-finite',
    })
  })

  test('names every example that is too long', async () => {
    const long = ['tell me everything', 'and more'].map((content): TrainingExample => ({
      id: content,
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: 'word '.repeat(300) },
      ],
    }))
    await expect(
      finish(train(resources)(trainInput({ examples: [...examples, ...long] }), goOn)),
    ).rejects.toThrow(
      /^“tell me everything” is \d+ tokens long, “and more” is \d+ tokens long, but the model holds 256. Shorten them/,
    )
  })

  test('names every example without an answer', async () => {
    const asked: TrainingExample = { id: 'asked', messages: [{ role: 'user', content: 'what now?' }] }
    await expect(
      finish(train(resources)(trainInput({ examples: [...examples, asked] }), goOn)),
    ).rejects.toThrow('There is no answer to learn from in “what now?”. Write one or leave it out.')
  })
})

test('the mask counts the answer and its end, nothing else', async () => {
  const { result } = await finish(
    maskExamples(resources)({ modelDirectory, examples: examples.slice(0, 1) }, goOn),
  )
  const [example] = result.examples
  const scored = example?.tokens.filter((token) => token.scored).map((token) => token.text)
  expect(scored?.join('')).toBe('hello there</s>')
  expect(example?.tokens.map((token) => token.text).join('')).toBe(
    'system:be kind</s>user:hi</s>assistant:hello there</s>',
  )
})

test('lengths are those of the mask', async () => {
  const [first] = examples
  if (first === undefined) throw new Error('there are examples')
  const mask = await finish(maskExamples(resources)({ modelDirectory, examples: [first] }, goOn))
  const tokens = mask.result.examples[0]?.tokens ?? []
  const counted = await finish(countTokens(resources)({ modelDirectory, examples: [first, first] }, goOn))
  const count = {
    tokens: tokens.length,
    learned: tokens.filter(({ scored }) => scored).length,
    failure: null,
  }
  expect(counted.result.counts).toEqual([count, count])
})

describe('a chat', () => {
  test('reuses the cache for the next turn and gives the answer of a fresh start', async () => {
    const first = await finish(chat(resources)(chatInput(), goOn))
    const messages = [
      ...chatInput().messages,
      { role: 'assistant' as const, content: first.result.text },
      { role: 'user' as const, content: 'and?' },
    ]
    const next = await finish(chat(resources)(chatInput({ messages }), goOn))
    expect(next.result.reusedTokens).toBeGreaterThanOrEqual(first.result.promptTokens - 1)
    const fresh = await finish(chat(engineResources())(chatInput({ messages }), goOn))
    expect(fresh.result.reusedTokens).toBe(0)
    expect(fresh.result.text).toBe(next.result.text)
  })

  test('stops when asked, with the text so far', async () => {
    const stop = new AbortController()
    const { events, result } = await finish(chat(resources)(chatInput(), stop.signal), () => stop.abort())
    expect(result).toMatchObject({ stopReason: 'stopped', generatedTokens: 1 })
    expect(result.text).toBe(events.map((event) => event.text).join(''))
  })

  test('ends after as many tokens as were asked for', async () => {
    const { result } = await finish(chat(resources)(chatInput({ maxTokens: 3 }), goOn))
    expect(result).toMatchObject({ stopReason: 'length', generatedTokens: 3 })
  })

  test('that no longer fits is refused with both lengths', async () => {
    const messages = [{ role: 'user' as const, content: 'word '.repeat(300) }]
    await expect(finish(chat(resources)(chatInput({ messages }), goOn))).rejects.toMatchObject({
      code: 'context-full',
    })
  })

  test('goes before a training', async () => {
    const order: string[] = []
    const training = finish(train(resources)(trainInput(), goOn), (event) => {
      if (event.type === 'step') order.push('step')
    })
    await finish(chat(resources)(chatInput(), goOn), () => order.push('token'))
    await training
    expect(order.slice(order.indexOf('token'), order.lastIndexOf('token'))).not.toContain('step')
    expect(order).toContain('step')
  })
})

describe('probes', () => {
  const probes = [examples[2]?.messages.slice(0, 2) ?? [], examples[1]?.messages.slice(0, 2) ?? []]
  const samplesOf = (events: readonly { readonly type: string }[]) =>
    events.filter((event) => event.type === 'sampled')

  test('are answered with the vectors as they are, at the start and wherever the held-out loss is measured', async () => {
    const { events, result } = await finish(train(resources)(trainInput({ probes }), goOn))
    const measured = events.flatMap((event) =>
      event.type === 'measured' && event.set === 'heldOut' ? [event.step] : [],
    )
    const samples = events.flatMap((event) => (event.type === 'sampled' ? [event] : []))
    expect(samples.map(({ step, probe }) => [step, probe])).toEqual(
      measured.flatMap((step) => [
        [step, 0],
        [step, 1],
      ]),
    )
    const ask = async (adapter: ChatInput['adapter']) =>
      (await finish(chat(resources)(chatInput({ adapter, maxTokens: 64 }), goOn))).result.text.trim()
    expect(samples[0]?.answer).toBe(await ask(null))
    expect(samples.at(-2)?.answer).toBe(await ask({ path: result.adapterPath ?? '', strength: 1 }))
    const plain = await finish(train(resources)(trainInput(), goOn))
    expect(plain.result.lossAfter).toBe(result.lossAfter)
  })

  test('a run that was stopped among them asks the rest when it goes on', async () => {
    const input = trainInput({ probes })
    const whole = await finish(train(resources)(trainInput({ probes }), goOn))
    const stop = new AbortController()
    const first = await finish(train(resources)(input, stop.signal), (event) => {
      if (event.type === 'sampled' && event.step > 0 && event.probe === 0) stop.abort()
    })
    expect(first.result.status).toBe('stopped')
    const second = await finish(train(resources)(input, goOn))
    const known = new Map(
      [...samplesOf(first.events), ...samplesOf(second.events)].map((s) => [JSON.stringify(s), s]),
    )
    expect([...known.values()]).toEqual(samplesOf(whole.events))
  })
})

describe('a run that goes on from an adapter', () => {
  test('begins with its vectors and so with its loss', async () => {
    const first = await finish(train(resources)(trainInput(), goOn))
    const startPath = first.result.adapterPath
    const second = await finish(train(resources)(trainInput({ startPath }), goOn))
    expect(second.result.lossBefore).toBeCloseTo(first.result.lossAfter ?? 0, 5)
    expect(second.result.lossAfter).toBeLessThan(first.result.lossAfter ?? 0)
  })

  test('must have its shape', async () => {
    const first = await finish(train(resources)(trainInput(), goOn))
    const startPath = first.result.adapterPath
    for (const changes of [{ rank: 8 }, { projectionKey: 5 }] as const) {
      const input = trainInput({ startPath, settings: { ...settings, ...changes } })
      await expect(finish(train(resources)(input, goOn))).rejects.toMatchObject({ code: 'start-other-shape' })
    }
    const missing = trainInput({ startPath: '/nowhere' })
    await expect(finish(train(resources)(missing, goOn))).rejects.toMatchObject({ code: 'start-missing' })
  })
})
