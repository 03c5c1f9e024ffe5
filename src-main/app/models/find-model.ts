import type { Model } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
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
    throw new Failure(
      'no-model',
      `There is no model yet. Download “${catalogue[0]?.name ?? 'one'}” (veranda models pull ${catalogue[0]?.id ?? 'ID'}) or import a GGUF file.`,
    )
  }
  const found =
    installed.find((model) => model.id === idOrName) ??
    installed.find((model) => sameName(model.name, idOrName))
  if (found !== undefined) return found
  if (catalogue.some((entry) => entry.id === idOrName)) {
    throw new Failure(
      'model-not-installed',
      `The model “${idOrName}” is not downloaded yet. Download it first (veranda models pull ${idOrName}).`,
    )
  }
  const known = installed.map((model) => model.id).join(', ') || 'none'
  throw new Failure('model-not-found', `There is no model “${idOrName}”. Installed: ${known}.`)
}
