import { Failure } from '../contract/failure.ts'
import { encodeChat } from '../core/tokenizer/chat-template.ts'
import { scoredTokens, type TokenizedExample } from '../core/training/packing.ts'
import type { TrainingExample } from './contract.ts'
import type { LoadedModel } from './loaded-model.ts'

/** Examples as the model reads them, with the tokens that the loss counts; one that can't be used is an error. */
export function tokenizeExamples(
  model: LoadedModel,
  examples: readonly TrainingExample[],
): TokenizedExample[] {
  const { contextLength } = model.folder.model.config
  return examples.map((example) => {
    const tokenized = tokenizeExample(model, example)
    const { length } = tokenized.ids
    if (length > contextLength) {
      throw new Failure(
        'example-too-long',
        `The example ${describe(example)} is ${length} tokens long, but the model holds ${contextLength}. Shorten it or leave it out.`,
      )
    }
    if (scoredTokens(tokenized) === 0) {
      throw new Failure(
        'example-without-answer',
        `The example ${describe(example)} has no answer to learn from. Give it one or leave it out.`,
      )
    }
    return tokenized
  })
}

export function tokenizeExample(model: LoadedModel, example: TrainingExample): TokenizedExample {
  const { ids, scored } = encodeChat(model.tokenizer, model.chatTemplate, example.messages, {
    addGenerationPrompt: false,
  })
  return { id: example.id, ids, scored }
}

/** The example by the beginning of its question. */
function describe(example: TrainingExample): string {
  const question = example.messages.find((message) => message.role === 'user')?.content ?? example.id
  return question.length > 60 ? `“${question.slice(0, 60)}…”` : `“${question}”`
}
