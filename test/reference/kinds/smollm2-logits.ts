import { join } from 'node:path'
import { createSampler } from '../../../src-main/core/generation/sampling.ts'
import type { Decoder } from '../../../src-main/core/llama/decoder.ts'
import { batchOf } from '../../../src-main/core/training/batch.ts'
import { TrainingPass } from '../../../src-main/core/training/loss-gradient.ts'
import { packRows } from '../../../src-main/core/training/packing.ts'
import type { ChatMessage } from '../../../src-main/core/tokenizer/chat-rendering.ts'
import { encodeChat } from '../../../src-main/core/tokenizer/chat-template.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { Check } from '../check.ts'
import { readJson } from '../fixtures.ts'
import { withFolder } from '../imported-model.ts'
import type { ModelKind } from '../kind.ts'

interface Prompt {
  /** A text that goes on, or a conversation. */
  readonly prompt: string | readonly ChatMessage[]
  readonly input_ids: readonly number[]
  readonly top20_ids: readonly number[]
  readonly top20_logits: readonly number[]
  readonly logit_mean: number
  readonly greedy_ids: readonly number[]
  readonly top1_minus_top2: readonly number[]
}
interface Perplexity {
  readonly text: string
  readonly ids: readonly number[]
  readonly scored: number
  readonly mean_nll: number
  readonly perplexity: number
  readonly nll_first_50: readonly number[]
}

const logitTolerance = { absolute: 2e-3 }
/** Logits this close may change places. */
const topTolerance = 4e-3
/** A choice between logits this close may fall otherwise. */
const greedyTolerance = 5e-3

const greedy = createSampler({ temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, seed: 0 })

/** What the real model answers in exact arithmetic: logits, greedy tokens, perplexity. */
export const smollm2Logits: ModelKind = {
  name: 'smollm2 logits',
  path: 'smollm2/greedy.json',
  check(reference, { directory }) {
    const check = new Check()
    const folder = join(reference, 'smollm2')
    const { prompts } = readJson<{ readonly prompts: readonly Prompt[] }>(join(folder, 'greedy.json'))
    return withFolder(directory, async (model, runtime) => {
      const { decoder, close } = await model.open(null)
      for (const [index, prompt] of prompts.entries()) {
        check.equal(`prompt ${index} ids`, idsOf(model, prompt.prompt), prompt.input_ids)
        await checkAnswer(check, `prompt ${index}`, decoder, prompt)
      }
      const perplexity = readJson<Perplexity>(join(folder, 'perplexity.json'))
      check.equal('window ids', model.tokenizer.encode(perplexity.text, { special: true }), perplexity.ids)
      await checkFirstTokens(check, decoder, perplexity)
      await close()
      const pass = await TrainingPass.open(runtime, model.weights)
      await checkPerplexity(check, pass, perplexity)
      await pass.close()
      return check.outcome()
    })
  },
}

function idsOf({ tokenizer, chatTemplate }: LoadedModel, prompt: Prompt['prompt']): readonly number[] {
  if (typeof prompt === 'string') return tokenizer.encode(prompt, { special: true })
  return encodeChat(tokenizer, chatTemplate, prompt, { addGenerationPrompt: true }).ids
}

/** The answer is read in one run after the prompt, so every choice goes on from the reference's tokens. */
async function checkAnswer(check: Check, what: string, decoder: Decoder, expected: Prompt): Promise<void> {
  const { input_ids, greedy_ids, top1_minus_top2 } = expected
  decoder.rewindTo([])
  const first = await decoder.logits(input_ids, [input_ids.length - 1])
  checkTop(check, what, first, expected)
  const V = first.length
  const read = greedy_ids.slice(0, -1)
  const rest = read.length === 0 ? first : await decoder.logits(read, [...read.keys()])
  let forgiven = 0
  const choices = greedy_ids.map((id, step) => {
    const choice = greedy(step === 0 ? first : rest.subarray((step - 1) * V, step * V), [])
    if (choice === id || !((top1_minus_top2[step] ?? Number.NaN) < greedyTolerance)) return choice
    forgiven++
    return id
  })
  check.equal(`${what}, greedy ids`, choices, greedy_ids)
  if (forgiven > 0) check.skip(`${what}: ${forgiven} choices between logits closer than ${greedyTolerance}`)
}

function checkTop(check: Check, what: string, logits: Float32Array, expected: Prompt): void {
  const { top20_ids: ids, top20_logits, logit_mean } = expected
  const at = (id: number): number => logits[id] ?? Number.NaN
  check.close(`${what}, top logits`, ids.map(at), top20_logits, logitTolerance)
  check.equal(`${what}, likeliest`, greedy(logits, []), ids[0])
  const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length
  check.close(`${what}, mean logit`, [mean], [logit_mean], logitTolerance)
  const last = Math.min(...top20_logits)
  const intruders = [...logits.keys()].filter((id) => at(id) > last + topTolerance && !ids.includes(id))
  check.equal(`${what}, ids that are not among the top`, intruders, [])
}

/** The negative log-likelihoods of the first tokens, by the decoder: two logits' worth of tolerance. */
async function checkFirstTokens(check: Check, decoder: Decoder, expected: Perplexity): Promise<void> {
  const { ids, nll_first_50: nll } = expected
  decoder.rewindTo([])
  const places = [...nll.keys()]
  const logits = await decoder.logits(ids.slice(0, nll.length), places)
  const V = logits.length / nll.length
  const ours = places.map((place) => {
    const row = logits.subarray(place * V, (place + 1) * V)
    const largest = row.reduce((a, b) => Math.max(a, b))
    const sum = row.reduce((total, logit) => total + Math.exp(logit - largest), 0)
    return largest + Math.log(sum) - (row[ids[place + 1] ?? -1] ?? Number.NaN)
  })
  check.close('window, first tokens', ours, nll, { absolute: 2 * logitTolerance.absolute })
}

/** The mean over the window, by the pass that trains and measures. */
async function checkPerplexity(check: Check, pass: TrainingPass, expected: Perplexity): Promise<void> {
  const { ids, scored, mean_nll, perplexity } = expected
  const example = { id: 'window', ids, scored: ids.map(() => true) }
  const batch = batchOf(packRows([example], ids.length))
  const mean = (await pass.loss(batch, null)) / scored
  check.close('window, mean', [mean], [mean_nll], { absolute: 1e-4 })
  check.close('window, perplexity', [Math.exp(mean)], [perplexity], { absolute: 0, relative: 1e-4 })
}
