import type { Persona } from '../../../contract/entities.ts'
import type { Connection } from '../connection.ts'

export type PersonasTable = ReturnType<typeof personasTable>

export function personasTable(connection: Connection) {
  const list = connection.prepare<object, Persona>(
    'SELECT id, name, system_prompt AS systemPrompt FROM personas ORDER BY name COLLATE NOCASE, id',
  )
  const put = connection.prepare<Persona>(
    `INSERT INTO personas (id, name, system_prompt) VALUES (@id, @name, @systemPrompt)
     ON CONFLICT (id) DO UPDATE SET name = @name, system_prompt = @systemPrompt`,
  )
  const remove = connection.prepare<{ id: string }>('DELETE FROM personas WHERE id = @id')
  return {
    /** By name. */
    list: (): Persona[] => list.all({}),
    put: (persona: Persona): void => void put.run(persona),
    remove: (id: string): void => void remove.run({ id }),
  }
}
