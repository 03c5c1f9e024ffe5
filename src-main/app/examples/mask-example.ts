import type { Example } from '../../contract/entities.ts'
import type { Engine, MaskedToken } from '../../engine/contract.ts'

/** The example's real tokens under the model's chat template, and which of them the loss counts. */
export async function maskExample(
  engine: Engine,
  modelDirectory: string,
  { id, messages }: Example,
  signal: AbortSignal,
): Promise<MaskedToken[]> {
  const events = engine.run('maskExamples', { modelDirectory, examples: [{ id, messages }] }, signal)
  let next = await events.next()
  while (next.done !== true) next = await events.next()
  return next.value.examples.flatMap((example) => [...example.tokens])
}
