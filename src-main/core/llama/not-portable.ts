import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'

/** `what`: what the model has that files of the wanted kind have no place for. */
export function notPortableModel(what: Sentence): Failure {
  return new Failure(
    'model-not-portable',
    sentence`This model can't be written as a whole in this format because it has no place for ${what}. Choose another format, or export the adapter alone.`,
  )
}
