import { Failure } from '../../src-main/contract/failure.ts'
import { procedures, type Handlers } from '../../src-main/contract/procedures.ts'

/** A whole table of handlers of which a test needs only some; the others fail. */
export function partialHandlers(given: Partial<Handlers>): Handlers {
  const names = Object.keys(procedures) as (keyof Handlers)[]
  return Object.fromEntries(names.map((name) => [name, given[name] ?? missing])) as Handlers
}

async function* missing(): AsyncGenerator<never, never> {
  throw new Failure('not-in-this-test', 'The test gives no handler for this.')
}
