import type { Adapter } from '../../src-main/contract/entities.ts'
import { exportFormats, type ExportFormat } from '../../src-main/contract/export-formats.ts'
import type { ProcedureEvent, ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { Task } from '../ui/task.svelte.ts'

/** One assistant on its way to another program. */
export class Exporting {
  readonly task = new Task()
  progress = $state.raw<ProcedureEvent<'adapters.export'> | null>(null)
  result = $state.raw<ProcedureResult<'adapters.export'> | null>(null)
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async run(adapter: Adapter, format: ExportFormat, path: string): Promise<void> {
    this.progress = null
    this.result = null
    await this.task.run(async (signal) => {
      const onEvent = (event: ProcedureEvent<'adapters.export'>) => (this.progress = event)
      const input = { id: adapter.id, strength: 1, format, path }
      this.result = await this.#client.call('adapters.export', input, { signal, onEvent })
    })
  }
}

/** A name for the file or folder that every system takes. */
export function suggestedName(adapterName: string, format: ExportFormat): string {
  const plain = adapterName.replaceAll(/[^\p{L}\p{N} ._-]/gu, '').trim()
  return (plain === '' ? 'assistant' : plain) + exportFormats[format].extension
}
