import { Failure } from '../contract/failure.ts'
import { measure } from '../core/training/trainer.ts'
import { TrainingPass } from '../core/training/loss-gradient.ts'
import { scoredTokens, type TokenizedExample } from '../core/training/packing.ts'
import type { EvaluateResult, TokenCount, TrainingExample } from './contract.ts'
import { tokenizeExample, tokenizeExamples } from './examples.ts'
import type { LoadedModel } from './loaded-model.ts'
import { openAdapter } from './open-adapter.ts'
import type { Operation } from './operation-table.ts'
import type { EngineResources } from './resources.ts'

/** The loss of examples under a model and adapter, in float32 whatever the weights' format is. */
export function evaluate(resources: EngineResources): Operation<'evaluate'> {
  return async function* (input, signal) {
    const model = resources.model(input.modelDirectory)
    const examples = tokenizeExamples(model, input.examples)
    const adapter = input.adapter === null ? null : openAdapter(input.adapter, model.folder)
    const pass = await TrainingPass.open(resources.background, model.weights)
    try {
      const measuring = measure(pass, adapter, examples)
      const totalTokens = countScored(examples)
      for (;;) {
        const { done, value } = await measuring.next()
        if (done === true) return summarizeLoss(value.lossSum, value.labels)
        yield { doneTokens: value.labels, totalTokens }
        if (signal.aborted) return summarizeLoss(value.lossSum, value.labels)
      }
    } finally {
      await pass.close()
    }
  }
}

/** How each example is rendered and which of its tokens the loss counts. */
export function maskExamples(resources: EngineResources): Operation<'maskExamples'> {
  // oxlint-disable-next-line require-yield -- it has no events
  return async function* (input) {
    const model = resources.model(input.modelDirectory)
    const examples = input.examples.map((example) => {
      const { id, ids, scored } = tokenizeExample(model, example)
      return {
        id,
        tokens: ids.map((token, t) => ({
          text: model.tokenizer.tokenText(token),
          scored: scored[t] ?? false,
        })),
      }
    })
    return { examples }
  }
}

/** The lengths of examples. */
export function countTokens(resources: EngineResources): Operation<'countTokens'> {
  // oxlint-disable-next-line require-yield -- it has no events
  return async function* (input) {
    const model = resources.model(input.modelDirectory)
    return { counts: input.examples.map((example) => tokenCount(model, example)) }
  }
}

function tokenCount(model: LoadedModel, example: TrainingExample): TokenCount {
  try {
    const tokenized = tokenizeExample(model, example)
    return { tokens: tokenized.ids.length, learned: scoredTokens(tokenized), failure: null }
  } catch (error) {
    if (error instanceof Failure) return { tokens: 0, learned: 0, failure: error.message }
    throw error
  }
}

function summarizeLoss(lossSum: number, tokens: number): EvaluateResult {
  const meanLoss = lossSum / tokens
  return { meanLoss, tokens, perplexity: Math.exp(meanLoss) }
}

function countScored(examples: readonly TokenizedExample[]): number {
  return examples.reduce((sum, example) => sum + scoredTokens(example), 0)
}
