import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'

/** `what`: what the tokenizer has that Veranda lacks. */
export function unsupportedTokenizer(what: Sentence, cause?: unknown): Failure {
  return new Failure(
    'tokenizer-unsupported',
    sentence`This model's tokenizer needs ${what}, which Veranda does not have. Pick another model.`,
    { cause },
  )
}

/** `what`: the file, and what is wrong about it. */
export function brokenTokenizer(what: Sentence, cause?: unknown): Failure {
  return new Failure('tokenizer-broken', sentence`The model's ${what}. Download it again.`, { cause })
}

/** `what`: what the tokenizer has that files of the wanted kind have no place for. */
export function notPortableTokenizer(what: Sentence): Failure {
  return new Failure(
    'tokenizer-not-portable',
    sentence`This model's tokenizer can't be written in this format because of ${what}. Export the model in another format, or the adapter alone.`,
  )
}
