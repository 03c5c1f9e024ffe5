import { Failure } from '../../contract/failure.ts'

/** `what`: what the model has that files of the wanted kind have no place for. */
export function notPortableModel(what: string): Failure {
  return new Failure(
    'model-not-portable',
    `This model can't be written as a whole in this format because it has no place for ${what}. Choose another format, or export the adapter alone.`,
  )
}
