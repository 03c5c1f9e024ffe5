/** Runs over the stand-in of the engine. */
import type { Run } from '../../../src-main/contract/entities.ts'
import type { ProcedureEvent } from '../../../src-main/contract/procedures.ts'
import type { TrainInput } from '../../../src-main/engine/contract.ts'
import { trained, trainStep } from '../engine-stand-in.ts'
import { testApp, withModel, type TestApp } from '../test-app.ts'

export const pair = (question: string) => ({
  messages: [
    { role: 'user' as const, content: question },
    { role: 'assistant' as const, content: `About ${question}` },
  ],
})
export const pairs = (count: number) => Array.from({ length: count }, (_, index) => pair(`q${index}`))

export async function appWithExamples(count = 4): Promise<{ app: TestApp; modelId: string }> {
  const app = await testApp()
  const model = await withModel(app)
  for (const example of pairs(count)) await app.call('examples.add', example)
  return { app, modelId: model.id }
}

export function start(app: TestApp, modelId: string, name = 'Pim', heldOutRatio = 0): Promise<Run> {
  return app.call('personalize.start', { name, modelId, exampleIds: null, settings: {}, heldOutRatio })
}

export function watch(
  app: TestApp,
  id: string,
  seen?: (event: ProcedureEvent<'runs.watch'>) => void,
): Promise<Run> {
  return app.call('runs.watch', { id }, seen)
}

export function lastTrain(app: TestApp): TrainInput {
  return app.engine.calls.findLast((call) => call.operation === 'train')?.input as TrainInput
}

/** A training that takes its steps until it is stopped; its first step is a promise. */
export function endless(app: TestApp): { started: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  app.engine.operations.train = async function* ({ runDirectory }, signal) {
    yield { type: 'prepared', steps: 3, trainableParameters: 6, resumedAtStep: 0 }
    yield trainStep(1, 3)
    resolve()
    await new Promise((aborted) => signal.addEventListener('abort', aborted))
    return { ...trained(runDirectory), status: 'stopped', step: 1, adapterPath: null }
  }
  return { started: promise }
}
