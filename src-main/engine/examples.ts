import { Failure } from '../contract/failure.ts'
import { sentence, type Value } from '../contract/sentence.ts'
import { encodeChat } from '../core/tokenizer/chat-template.ts'
import { scoredTokens, type TokenizedExample } from '../core/training/packing.ts'
import type { TrainingExample } from './contract.ts'
import type { LoadedModel } from './loaded-model.ts'

/** So many are named; the others are counted. */
const mostNamed = 20

/**
 * Examples as the model reads them, with the tokens that the loss counts. None is ever shortened: those that can't
 * be used are an error that names them.
 *
 * @throws Failure `example-too-long`, `example-without-answer`
 */
export function tokenizeExamples(
  model: LoadedModel,
  examples: readonly TrainingExample[],
): TokenizedExample[] {
  const { contextLength } = model.folder.model.config
  const tokenized = examples.map((example) => tokenizeExample(model, example))
  const tooLong = examples.flatMap((example, index) => {
    const length = tokenized[index]?.ids.length ?? 0
    return length > contextLength ? [sentence`${describe(example)} is ${length} tokens long`] : []
  })
  if (tooLong.length > 0) {
    throw new Failure(
      'example-too-long',
      tooLong.length === 1
        ? sentence`${tooLong}, but the model holds ${contextLength}. Shorten it or leave it out.`
        : sentence`${enumerate(tooLong)}, but the model holds ${contextLength}. Shorten them or leave them out.`,
    )
  }
  const unanswered = examples.filter((_, index) => {
    const example = tokenized[index]
    return example !== undefined && scoredTokens(example) === 0
  })
  if (unanswered.length > 0) {
    throw new Failure(
      'example-without-answer',
      unanswered.length === 1
        ? sentence`There is no answer to learn from in ${unanswered.map(describe)}. Write one or leave it out.`
        : sentence`There is no answer to learn from in ${enumerate(unanswered.map(describe))}. Write one each or leave them out.`,
    )
  }
  return tokenized
}

function enumerate(items: readonly Value[]): Value {
  const named = items.slice(0, mostNamed)
  const rest = items.length - named.length
  return rest > 0 ? sentence`${named} and ${rest} more` : named
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
