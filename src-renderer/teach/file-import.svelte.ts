/** One file on its way in: opened, previewed, imported. */
import type { ColumnMapping, ExampleStatus, TextEncoding } from '../../src-main/contract/entities.ts'
import type { ProcedureResult } from '../../src-main/contract/procedures.ts'
import type { Client } from '../channel/client.ts'
import { Task } from '../ui/task.svelte.ts'
import { readBase64 } from './read-file.ts'

export type Preview = ProcedureResult<'examples.preview'>
export type Imported = ProcedureResult<'examples.import'>

export class FileImport {
  readonly name: string
  readonly task = new Task()
  share = $state(0)
  preview = $state.raw<Preview | null>(null)
  encoding = $state<TextEncoding>('utf-8')
  /** null: by the columns' own names. */
  mapping = $state.raw<ColumnMapping | null>(null)
  status = $state<ExampleStatus>('new')
  readonly #client: Client
  readonly #file: File
  #fileId = ''

  constructor(client: Client, file: File) {
    this.#client = client
    this.#file = file
    this.name = file.name
  }

  /** Gives the file to the app and looks at it, in the encoding and with the columns that it seems to have. */
  async open(): Promise<void> {
    await this.task.run(async (signal) => {
      const base64 = await readBase64(this.#file)
      const { fileId } = await this.#client.call('examples.openFile', { file: this.name, base64 }, { signal })
      this.#fileId = fileId
      let preview = await this.#preview(null, null, signal)
      this.encoding = preview.encoding
      const reads = preview.exampleCount > 0
      if (!reads && (preview.suggested.instruction !== null || preview.columns.length > 1))
        this.mapping = preview.suggested
      if (this.encoding === 'windows-1252' || this.mapping !== null)
        preview = await this.#preview(this.encoding, this.mapping, signal)
      this.preview = preview
    })
  }

  /** Looks at the file again, as the person now says it is to be read. */
  async readAs(encoding: TextEncoding, mapping: ColumnMapping | null): Promise<void> {
    this.encoding = encoding
    this.mapping = mapping
    this.task.stop()
    await this.task.idle()
    await this.task.run(async (signal) => {
      const preview = await this.#preview(encoding, mapping, signal)
      if (!signal.aborted) this.preview = preview
    })
  }

  /** What was imported; null if it was stopped or failed. */
  async import(tags: string[]): Promise<Imported | null> {
    let imported: Imported | null = null
    await this.task.run(async (signal) => {
      const { encoding, mapping, status } = this
      const input = { fileId: this.#fileId, encoding: this.#said(encoding), mapping, status, tags }
      const result = await this.#client.call('examples.import', input, { signal, onEvent: this.#onEvent })
      if (!signal.aborted) imported = result
    })
    return imported
  }

  async #preview(
    encoding: TextEncoding | null,
    mapping: ColumnMapping | null,
    signal: AbortSignal,
  ): Promise<Preview> {
    const input = { fileId: this.#fileId, encoding: encoding && this.#said(encoding), mapping }
    return await this.#client.call('examples.preview', input, { signal, onEvent: this.#onEvent })
  }

  /** UTF-8 is what is tried by rule, with its errors told by line. */
  #said(encoding: TextEncoding): TextEncoding | null {
    return encoding === 'utf-8' ? null : encoding
  }

  readonly #onEvent = ({ share }: { share: number }): void => {
    this.share = share
  }
}
