import { readFileSync } from 'node:fs'
import { Drafting } from '../../../src-main/core/generation/drafting.ts'
import { generate } from '../../../src-main/core/generation/generate.ts'
import { createSampler } from '../../../src-main/core/generation/sampling.ts'
import { encodeChat } from '../../../src-main/core/tokenizer/chat-template.ts'
import { likeliest } from '../../../src-main/engine/answer.ts'
import type { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import type { Study } from '../benchmark.ts'
import { median } from '../measure.ts'
import { openRealModel, runtimeNamed } from './real-model.ts'

const prompts = 50
const answerTokens = 48
const rounds = 2

/** Lookup decoding beside plain greedy decoding: the same tokens, and how long they take. */
export const lookup: Study = {
  name: 'lookup',
  description: `answers of ${answerTokens} tokens to ${prompts} questions, their prompts read beforehand, with guessed tokens against without`,
  async run() {
    const runtime = runtimeNamed('veranda')
    const model = runtime === null ? null : openRealModel(runtime)
    if (model === null) return null
    const drafting = new Drafting(() => performance.now())
    const answers = []
    for (const [index, content] of questions().entries()) {
      const messages = [{ role: 'user' as const, content }]
      const { ids } = encodeChat(model.tokenizer, model.chatTemplate, messages, { addGenerationPrompt: true })
      const times: { plain: number; drafted: number } = { plain: Infinity, drafted: Infinity }
      let gap: number | null = null
      // The prompt is known to all that follow: none begins from another rounding of it.
      await answer(model, ids, null)
      for (let round = 0; round < rounds; round++) {
        const order =
          (index + round) % 2 === 0 ? (['plain', 'drafted'] as const) : (['drafted', 'plain'] as const)
        const texts: Partial<Record<'plain' | 'drafted', readonly Chosen[]>> = {}
        for (const way of order) {
          const result = await answer(model, ids, way === 'plain' ? null : drafting)
          times[way] = Math.min(times[way], result.ms)
          texts[way] = result.tokens
        }
        gap ??= gapWhereDifferent(texts.plain, texts.drafted)
      }
      answers.push({
        question: content.slice(0, 40),
        equal: gap === null,
        gap,
        ratio: times.drafted / times.plain,
      })
    }
    await model.close()
    const ratios = answers.map(({ ratio }) => ratio).toSorted((a, b) => a - b)
    return {
      equal: answers.filter(({ equal }) => equal).length,
      of: answers.length,
      timeRatio: { min: ratios[0], median: median(ratios), max: ratios.at(-1) },
      answers,
    }
  },
}

/** A token, and how far its logit was above the next one's. */
interface Chosen {
  readonly id: number
  readonly gap: number
}

/** Where two answers part: how close the choice was; null where they are the same. */
function gapWhereDifferent(plain: readonly Chosen[] = [], drafted: readonly Chosen[] = []): number | null {
  const at = plain.findIndex(({ id }, place) => id !== drafted[place]?.id)
  return at < 0 ? null : (plain[at]?.gap ?? null)
}

function gapOf(logits: Float32Array): number {
  let [first, second] = [-Infinity, -Infinity]
  for (const logit of logits) {
    if (logit > first) [first, second] = [logit, first]
    else if (logit > second) second = logit
  }
  return first - second
}

/** General ones, and some that ask to repeat or change a text that they give. */
function questions(): readonly string[] {
  const lines = readFileSync('test/golden/reference/training-data/alpaca.jsonl', 'utf8').trim().split('\n')
  const alpaca = lines.map((line) => {
    const { instruction, input = '' } = JSON.parse(line) as { instruction: string; input?: string }
    return input === '' ? instruction : `${instruction}\n\n${input}`
  })
  const samples = readFileSync('resources/samples/workshop.jsonl', 'utf8').trim().split('\n')
  const repeats = samples.slice(0, 10).map((line) => `Repeat this line word for word:\n${line.slice(0, 300)}`)
  const replay = JSON.parse(readFileSync('resources/replay-questions.json', 'utf8')) as readonly string[]
  return [...alpaca.slice(0, 20), ...repeats, ...replay].slice(0, prompts)
}

/** The time is that of the tokens after the first. */
async function answer(model: LoadedModel, prompt: readonly number[], drafting: Drafting | null) {
  const { reader, close } = await model.open(null, prompt)
  const rules = {
    endIds: new Set(model.tokenizer.eosIds),
    maxTokens: answerTokens,
    contextLength: model.folder.model.config.contextLength,
    promptTokens: prompt.length,
  }
  const tokens: Chosen[] = []
  let start = 0
  const input = { prompt, sample: createSampler(likeliest), rules, drafting }
  for await (const step of generate(reader, model.tokenizer, input)) {
    if (step.type !== 'token') continue
    if (tokens.length === 0) start = performance.now()
    tokens.push({ id: step.id, gap: gapOf(step.logits) })
  }
  const ms = performance.now() - start
  await close()
  return { tokens, ms }
}
