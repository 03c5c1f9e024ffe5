import type { Model } from '../../../contract/entities.ts'
import { told } from '../../../contract/told.ts'
import type { Connection } from '../connection.ts'

const columns = `id, name, architecture, parameter_count AS parameterCount, quantization,
  context_length AS contextLength, size_bytes AS sizeBytes, source_hash AS sourceHash, created_at AS createdAt`

type Row = Omit<Model, 'quantization'> & { readonly quantization: string }

export type ModelsTable = ReturnType<typeof modelsTable>

export function modelsTable(connection: Connection) {
  const list = connection.prepare<object, Row>(
    `SELECT ${columns} FROM models ORDER BY created_at DESC, rowid DESC`,
  )
  const get = connection.prepare<{ id: string }, Row>(`SELECT ${columns} FROM models WHERE id = @id`)
  const insert = connection.prepare<Row>(
    `INSERT INTO models (id, name, architecture, parameter_count, quantization, context_length, size_bytes,
       source_hash, created_at)
     VALUES (@id, @name, @architecture, @parameterCount, @quantization, @contextLength, @sizeBytes,
       @sourceHash, @createdAt)`,
  )
  const comeBack = connection.prepare<Model>(
    'UPDATE conversations SET model_id = @id WHERE model_id IS NULL AND model_name = @name',
  )
  const remove = connection.prepare<{ id: string }>('DELETE FROM models WHERE id = @id')
  return {
    /** Newest first. */
    list: (): Model[] => list.all({}).map(toModel),
    get: (id: string): Model | undefined => {
      const row = get.get({ id })
      return row && toModel(row)
    },
    /** Conversations whose model of this name was removed have it again. */
    insert(model: Model): void {
      connection.transaction(() => {
        insert.run({ ...model, quantization: JSON.stringify(model.quantization) })
        comeBack.run(model)
      })
    },
    /** Conversations with it fall back to the default model, and keep its name. */
    remove: (id: string): void => void remove.run({ id }),
  }
}

/** What was written before there were sentences is text alone. */
function toModel({ quantization, ...row }: Row): Model {
  return {
    ...row,
    quantization: told.parse(quantization.startsWith('{') ? JSON.parse(quantization) : quantization),
  }
}
