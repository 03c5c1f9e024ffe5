import { resolve, join } from 'node:path'
import { openApp } from '../../src-main/app/app.ts'
import type { ModelProgress, ModelService } from '../../src-main/app/services.ts'
import { Failure, toFailureMessage } from '../../src-main/contract/failure.ts'
import { connectEngine } from '../../src-main/engine/client.ts'
import { forkEngine } from '../../src-main/hosts/node-engine-process.ts'
import { testHome } from '../model-home.ts'

/** What became of the model that tests share. */
export type ModelState =
  | { readonly kind: 'ready'; readonly directory: string }
  /** No source could be reached: the tests that need the model are left out. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** A source answered and the model still can't be used: a defect. */
  | { readonly kind: 'failed'; readonly reason: string }

/** Fetches and imports the default model with the app's own service, unless it is there from an earlier run. */
export async function prepareModel(): Promise<ModelState> {
  try {
    const app = await openApp({
      dataDirectory: testHome,
      resourcesDirectory: resolve('resources'),
      engine: connectEngine(forkEngine),
      version: 'test',
    })
    try {
      return { kind: 'ready', directory: join(testHome, 'models', await ensureDefault(app.services.models)) }
    } finally {
      await app.close()
    }
  } catch (error) {
    const { message } = toFailureMessage(error)
    const unreachable = error instanceof Failure && error.code === 'source-unreachable'
    return { kind: unreachable ? 'unreachable' : 'failed', reason: message }
  }
}

/** The id of the catalogue's first model, installed. */
async function ensureDefault(models: ModelService): Promise<string> {
  const entry = models.catalogue()[0]
  if (entry === undefined) throw new Failure('no-catalogue', 'resources/catalogue.json lists no model.')
  if (entry.installed) {
    console.log(`the default model is in ${testHome} from an earlier run`)
    return models.find(entry.id).id
  }
  console.log(`fetching ${entry.name} (${megabytes(entry.sizeBytes)}) into ${testHome} ...`)
  const pull = models.pull(entry.id)
  const report = reporter()
  for (;;) {
    const next = await pull.next()
    if (next.done === true) return next.value.id
    report(next.value)
  }
}

/** Prints a line a quarter: enough to see that it moves, few enough for a log. */
function reporter(): (progress: ModelProgress) => void {
  let lastLine = ''
  return ({ phase, doneBytes, totalBytes }) => {
    const quarter = totalBytes === 0 ? 0 : Math.floor((4 * doneBytes) / totalBytes)
    const line = `  ${phase} ${quarter * 25} %`
    if (line !== lastLine) console.log(line)
    lastLine = line
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
