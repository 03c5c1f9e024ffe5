import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { importTinyModel } from './tiny-model-folder.ts'

/** A temporary folder that is gone when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'veranda-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The reference's random little 4-bit model as a model folder, with a chat template that it lacks. */
export async function tinyChatModel(): Promise<string> {
  const directory = temporaryFolder()
  await importTinyModel(directory)
  return directory
}

export function engineResources(): EngineResources {
  return new EngineResources(onnxRuntime({ threads: 2 }), loadCodecs())
}

/** Runs a stream to its end: the events and the result. */
export async function finish<Event, Result>(
  stream: AsyncGenerator<Event, Result>,
  onEvent: (event: Event) => void = () => {},
): Promise<{ readonly events: readonly Event[]; readonly result: Result }> {
  const events: Event[] = []
  for (;;) {
    const next = await stream.next()
    if (next.done === true) return { events, result: next.value }
    events.push(next.value)
    onEvent(next.value)
  }
}
