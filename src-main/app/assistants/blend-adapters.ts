import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adapter } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { Engine } from '../../engine/contract.ts'
import type { Models } from '../models/model-service.ts'
import type { AdapterService } from '../services.ts'
import { storingAsync } from '../storage/storage-failure.ts'
import type { Storage } from '../storage/storage.ts'
import type { AdapterFiles } from './adapter-files.ts'
import type { Adapters } from './adapter-service.ts'
import { modelOf } from './answering-pair.ts'

export interface BlendOptions {
  readonly storage: Storage
  readonly engine: Engine
  readonly dataDirectory: string
  readonly models: Models
  readonly adapters: Adapters
  readonly files: AdapterFiles
}

/**
 * Makes a new adapter that does what several do together, each at its weight. It holds their vectors, so it stays
 * when they are deleted. Errors: `blend-of-one`, `blend-of-two-models`, `blend-too-large`.
 */
export function adapterBlending(options: BlendOptions): AdapterService['blend'] {
  const { storage, engine, dataDirectory, models, adapters, files } = options
  return async ({ name, parts }, signal) => {
    const chosen = parts.map(({ id, weight }) => ({ adapter: adapters.get(id), weight }))
    const [first, ...others] = chosen
    if (first === undefined || new Set(parts.map(({ id }) => id)).size < 2) {
      throw new Failure('blend-of-one', 'Choose two different assistants to blend.')
    }
    const foreign = others.find(({ adapter }) => adapter.modelHash !== first.adapter.modelHash)
    if (foreign !== undefined) {
      throw new Failure(
        'blend-of-two-models',
        sentence`“${first.adapter.name}” and “${foreign.adapter.name}” were trained on different models and can't be blended. Choose two of one model.`,
      )
    }
    const model = modelOf(first.adapter, models)
    const references = await Promise.all(
      chosen.map(({ adapter, weight }) => files.reference(adapter, weight, model)),
    )
    const modelDirectory = await models.directoryOf(model)
    const scratch = join(dataDirectory, 'cache', `blend-${randomUUID()}`)
    return await storingAsync(scratch, async () => {
      await mkdir(scratch, { recursive: true })
      try {
        const targetPath = join(scratch, 'adapter.safetensors')
        const input = { modelDirectory, adapters: references, targetPath }
        const { value: blended } = await engine.run('blendAdapters', input, signal).next()
        const file = await readFile(targetPath)
        const adapter: Adapter = {
          ...blended,
          id: randomUUID(),
          name: adapters.freeName(name),
          modelId: model.id,
          modelHash: model.sourceHash,
          targets: [...blended.targets],
          runId: null,
          origin: 'blended',
          parents: chosen.map((one) => ({ id: one.adapter.id, name: one.adapter.name, weight: one.weight })),
          notes: '',
          lossBefore: null,
          lossAfter: null,
          createdAt: Date.now(),
        }
        const fileHash = createHash('sha256').update(file).digest('hex')
        storage.adapters.insert(adapter, { file, fileHash, modelName: model.name, chatTemplateHash: null })
        return adapter
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    })
  }
}
