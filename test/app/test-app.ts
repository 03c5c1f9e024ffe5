import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openApp, type App, type AppOptions } from '../../src-main/app/app.ts'
import type { Model } from '../../src-main/contract/entities.ts'
import type {
  ProcedureEvent,
  ProcedureInput,
  ProcedureName,
  ProcedureResult,
} from '../../src-main/contract/procedures.ts'
import { engineStandIn, type EngineStandIn } from './engine-stand-in.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestApp extends App {
  readonly engine: EngineStandIn
  readonly dataDirectory: string
  /** The result of a procedure; its events go to `seen`. */
  call<K extends ProcedureName>(
    procedure: K,
    input: ProcedureInput<K>,
    seen?: (event: ProcedureEvent<K>) => void,
    signal?: AbortSignal,
  ): Promise<ProcedureResult<K>>
}

export const resourcesDirectory = join(import.meta.dirname, '../../resources')

/** An app on a temporary data folder, closed when the test ends. */
export async function testApp(
  options: Partial<AppOptions> & { engine?: EngineStandIn } = {},
): Promise<TestApp> {
  const engine = options.engine ?? engineStandIn()
  const dataDirectory = options.dataDirectory ?? temporaryFolder()
  const app = await openApp({ resourcesDirectory, version: '1.2.3', ...options, dataDirectory, engine })
  onTestFinished(() => app.close())
  return {
    ...app,
    engine,
    dataDirectory,
    call: (procedure, input, seen, signal = new AbortController().signal) =>
      result(app.handlers[procedure](input, signal), seen),
  }
}

/** Reads a stream to its end. */
export async function result<E, R>(stream: AsyncGenerator<E, R>, seen?: (event: E) => void): Promise<R> {
  for (;;) {
    const next = await stream.next()
    if (next.done === true) return next.value
    seen?.(next.value)
  }
}

/** Imports the stand-in's model. */
export async function withModel(app: TestApp): Promise<Model> {
  const path = join(app.dataDirectory, 'tiny.gguf')
  writeFileSync(path, 'GGUF')
  return await app.call('models.import', { path, name: 'Tiny' })
}
