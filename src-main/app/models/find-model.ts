import type { Model } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { sameName } from '../unique-name.ts'
import type { CatalogueModel } from './catalogue.ts'

/** The model of an id or a name; null asks for the default one: the catalogue's first that is there, else the newest. */
export function findModel(
  idOrName: string | null,
  installed: readonly Model[],
  catalogue: readonly CatalogueModel[],
): Model {
  if (idOrName === null) {
    const preferred = catalogue
      .map((entry) => installed.find((model) => model.id === entry.id))
      .find((model) => model !== undefined)
    const model = preferred ?? installed[0]
    if (model !== undefined) return model
    const [first] = catalogue
    throw new Failure(
      'no-model',
      first === undefined
        ? 'There is no model yet. Import a GGUF file.'
        : sentence`There is no model yet. Download “${first.name}” (veranda models pull ${first.id}) or import a GGUF file.`,
    )
  }
  const found =
    installed.find((model) => model.id === idOrName) ??
    installed.find((model) => sameName(model.name, idOrName))
  if (found !== undefined) return found
  if (catalogue.some((entry) => entry.id === idOrName)) {
    throw new Failure(
      'model-not-installed',
      sentence`The model “${idOrName}” is not downloaded yet. Download it first (veranda models pull ${idOrName}).`,
    )
  }
  const known = installed.map((model) => model.id)
  throw new Failure(
    'model-not-found',
    known.length === 0
      ? sentence`There is no model “${idOrName}”; none is installed.`
      : sentence`There is no model “${idOrName}”. Installed: ${known}.`,
  )
}
