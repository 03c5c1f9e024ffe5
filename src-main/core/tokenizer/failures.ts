import { Failure } from '../../contract/failure.ts'

/** `what`: what the tokenizer has that Veranda lacks. */
export function unsupportedTokenizer(what: string, cause?: unknown): Failure {
  return new Failure(
    'tokenizer-unsupported',
    `This model's tokenizer needs ${what}, which Veranda does not have. Pick another model.`,
    { cause },
  )
}

/** `what`: the file, and what is wrong about it. */
export function brokenTokenizer(what: string, cause?: unknown): Failure {
  return new Failure('tokenizer-broken', `The model's ${what}. Download it again.`, { cause })
}

/** `what`: what the tokenizer has that files of the wanted kind have no place for. */
export function notPortableTokenizer(what: string): Failure {
  return new Failure(
    'tokenizer-not-portable',
    `This model's tokenizer can't be written in this format because of ${what}. Export the model in another format, or the adapter alone.`,
  )
}
