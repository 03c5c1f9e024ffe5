import { tmpdir } from 'node:os'
import { resultOf } from '../contract/event-stream.ts'
import { newOptimizerState } from '../core/training/optimizer.ts'
import { TrainingPass } from '../core/training/loss-gradient.ts'
import type { PlannedStep } from '../core/training/epochs.ts'
import type { TokenizedExample } from '../core/training/packing.ts'
import { defaultPassTokens, followBase, measure, stepBatches, takeStep } from '../core/training/trainer.ts'
import { liveAdapter } from '../core/vera/live-adapter.ts'
import { projections } from '../core/vera/projections.ts'
import { answer, likeliest } from './answer.ts'
import type { EstimateInput, EstimateResult, TrainingExample } from './contract.ts'
import { growPasses } from './growing-passes.ts'
import { MemoryWatch } from './memory-watch.ts'
import type { Operation } from './operation-table.ts'
import { longestAnswerTokens, replayExamples } from './replay.ts'
import type { EngineResources } from './resources.ts'
import { longestOf, planRun, type RunPlan } from './run-plan.ts'
import { enterAboveFrozen } from './run-prefix.ts'
import { wholeRoom, withinMemory } from './within-memory.ts'

/** Questions to replay that are answered now, if they aren't yet; the time of the others follows from them. */
const answersAtMost = 2
/** One more step is measured while those so far took less than this. */
const enoughMs = 3_000
const mostSteps = 4

/**
 * What a run would take, by a few of its real steps on vectors that are thrown away. A pass that would not fit the
 * memory by the growth of smaller ones is not tried.
 *
 * @param availableBytes what the process may still grow by
 */
export function estimate(
  resources: EngineResources,
  availableBytes = () => process.availableMemory(),
): Operation<'estimate'> {
  return async function* (input, signal) {
    const model = resources.model(input.modelDirectory)
    yield { share: 0 }
    const replay = await replayAsPlanned(resources, input, signal)
    const plan = planRun(model, input, replay.examples)
    const available = process.memoryUsage.rss() + availableBytes()
    const memory = new MemoryWatch()
    const pass = await TrainingPass.open(memory.over(resources.background), model.weights)
    const largest = largestStep(plan)
    const rejected = largest.examples.flatMap((example) => plan.rejected.get(example) ?? [])
    const kept = [...largest.examples, ...rejected]
    const reading = { pass, progress: wholeRoom }
    let prefix: { close(): void } | null = null
    try {
      prefix = await resultOf(
        withinMemory(reading, longestOf(kept), null, (passTokens) =>
          enterAboveFrozen(pass, model, plan.layout, kept, tmpdir(), passTokens, signal),
        ),
      )
      yield { share: 0.1 }
      const followed = ofReplay(largest, plan)
      await resultOf(
        withinMemory(reading, longestOf(followed), null, async (passTokens) => {
          for await (const _ of followBase(pass, followed, passTokens)) if (signal.aborted) break
        }),
      )
      const { layout } = plan
      const key = input.settings.projectionKey
      const frozen = layout.method === 'lora' ? null : projections({ ...layout, key })
      const adapter = liveAdapter(layout, plan.start.slice(), frozen)
      const optimizer = newOptimizerState(plan.step.optimizer, layout.length)
      const step = async (examples: readonly TokenizedExample[]): Promise<number> => {
        const batches = stepBatches({ ...largest, examples }, defaultPassTokens)
        await takeStep(pass, adapter, optimizer, batches, { ...plan.step, preferences: null })
        return memory.take()
      }
      const passes = await growPasses(largest, { run: step, availableBytes, signal })
      yield { share: 0.5 }
      const measured = withTokens(largest, passes.tokens)
      const times: number[] = []
      let peakBytes = passes.peakBytes
      while (passes.tokens > 0 && times.length < mostSteps && sum(times) < enoughMs && !signal.aborted) {
        const before = performance.now()
        peakBytes = Math.max(peakBytes, await step(measured))
        times.push(performance.now() - before)
        yield { share: 0.5 + 0.4 * Math.max(times.length / mostSteps, sum(times) / enoughMs) }
      }
      const before = performance.now()
      await resultOf(
        withinMemory(reading, longestOf(measured), null, async (passTokens) => {
          for await (const _ of measure(pass, adapter, measured, passTokens)) if (signal.aborted) break
        }),
      )
      const forwardMs = (performance.now() - before) / Math.max(1, passes.tokens)
      const msPerToken = sum(times) / Math.max(1, times.length * passes.tokens)
      const answerMs = replay.answerMs ?? (await timeOfProbe(resources, input, signal))
      const longestTokens = Math.max(...allOf(plan).map(({ ids }) => ids.length))
      const tokens = plan.seeds.flatMap(({ steps }) => steps).reduce((total, each) => total + each.tokens, 0)
      const result: EstimateResult = {
        steps: plan.stepsPerSeed * plan.seeds.length,
        tokens,
        trainableParameters: layout.length,
        measuredSteps: times.length,
        tokensPerSecond: msPerToken === 0 ? 0 : 1000 / msPerToken,
        trainingMs: tokens * msPerToken,
        otherMs: measuredTokens(input, plan) * forwardMs + answersOf(input, replay.missing) * answerMs,
        peakMemoryBytes: Math.max(peakBytes, passes.wholeBytes),
        availableMemoryBytes: available,
        longestTokens,
        passTokens: passes.tokens,
        fits: passes.isWhole ? 'yes' : passes.tokens >= longestTokens ? 'in-smaller-passes' : 'no',
      }
      return result
    } finally {
      prefix?.close()
      await pass.close()
    }
  }
}

/** The general questions as they will be learned; those that have no answer yet stand with another's. */
async function replayAsPlanned(
  resources: EngineResources,
  { modelDirectory, replay }: EstimateInput,
  signal: AbortSignal,
): Promise<{
  readonly examples: readonly TrainingExample[]
  readonly missing: number
  readonly answerMs: number | null
}> {
  const before = performance.now()
  const { examples, answered, missing } = await replayExamples(
    resources,
    modelDirectory,
    replay,
    signal,
    answersAtMost,
  )
  const answerMs = answered === 0 ? null : (performance.now() - before) / answered
  const last = examples.at(-1)?.messages.at(-1)
  const standIns = (last === undefined ? [] : missing).map((messages, index) => ({
    id: `stand-in ${index}`,
    messages: [...messages, last ?? { role: 'assistant' as const, content: '' }],
  }))
  return { examples: [...examples, ...standIns], missing: missing.length, answerMs }
}

/** How long one answer to a probe takes; 0 without any. */
async function timeOfProbe(
  resources: EngineResources,
  { modelDirectory, probes = [] }: EstimateInput,
  signal: AbortSignal,
): Promise<number> {
  const [messages] = probes
  if (messages === undefined) return 0
  const model = resources.model(modelDirectory)
  const before = performance.now()
  const question = { messages, adapter: null, sampling: likeliest, maxTokens: longestAnswerTokens }
  const answering = answer(model, question, signal)
  let next = await answering.next()
  while (next.done !== true) next = await answering.next()
  return performance.now() - before
}

function answersOf({ probes = [], settings }: EstimateInput, missing: number): number {
  return missing + probes.length * (1 + settings.evaluations * settings.seeds)
}

/** Tokens that are read without being learned: before, during and after. */
function measuredTokens({ settings }: EstimateInput, plan: RunPlan): number {
  const { examples, replay, heldOut, rejected } = plan
  const isAboveFrozen = settings.layers !== null || settings.layerShare < 1
  return (
    2 * tokensOf(examples) +
    tokensOf(replay) +
    tokensOf(heldOut) * (1 + settings.evaluations * settings.seeds) +
    2 * (tokensOf([...rejected.keys()]) + tokensOf([...rejected.values()])) +
    (isAboveFrozen ? tokensOf(allOf(plan)) : 0)
  )
}

function allOf({ examples, rejected, replay, heldOut }: RunPlan): readonly TokenizedExample[] {
  return [...examples, ...rejected.values(), ...replay, ...heldOut]
}

function largestStep({ seeds }: RunPlan): PlannedStep {
  const steps = seeds.flatMap((seed) => seed.steps)
  const [largest] = steps.toSorted((a, b) => b.tokens - a.tokens)
  if (largest === undefined) throw new TypeError('A planned run has no step.')
  return largest
}

function ofReplay({ examples }: PlannedStep, { replay }: RunPlan): readonly TokenizedExample[] {
  return examples.filter((example) => replay.includes(example))
}

/** The shortest examples of the step with so many tokens together: what was run. */
function withTokens({ examples }: PlannedStep, tokens: number): readonly TokenizedExample[] {
  let taken = 0
  return examples
    .toSorted((a, b) => a.ids.length - b.ids.length)
    .filter(({ ids }) => (taken += ids.length) <= tokens)
}

function tokensOf(examples: readonly TokenizedExample[]): number {
  return sum(examples.map(({ ids }) => ids.length))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
