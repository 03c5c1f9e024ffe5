import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connect } from '../../../../src-main/app/storage/connection.ts'
import { migrate, migrations } from '../../../../src-main/app/storage/migrate.ts'
import { conversationsTable } from '../../../../src-main/app/storage/tables/conversations.ts'
import { modelsTable } from '../../../../src-main/app/storage/tables/models.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

it('gives conversations the name of the model they have', () => {
  const connection = connect(join(temporaryFolder(), 'old.sqlite'))
  migrate(
    connection,
    migrations.filter(({ version }) => version < 8),
  )
  connection.execute(`
    INSERT INTO models (id, name, architecture, parameter_count, quantization, context_length, size_bytes, source_hash,
      created_at) VALUES ('m', 'Tiny', 'llama', 1, 'F16', 1, 1, 'h', 1);
    INSERT INTO conversations (id, title, model_id, strength, system_prompt, created_at, updated_at)
      VALUES ('with', 't', 'm', 1, '', 1, 1), ('without', 't', NULL, 1, '', 1, 1)`)
  migrate(connection)
  const conversations = conversationsTable(connection)
  expect(conversations.get('with')).toMatchObject({ modelId: 'm', modelName: 'Tiny' })
  expect(conversations.get('without')).toMatchObject({ modelId: null, modelName: null })
  modelsTable(connection).remove('m')
  expect(conversations.get('with')).toMatchObject({ modelId: null, modelName: 'Tiny' })
  connection.close()
})
