import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { importModel } from '../../src-main/engine/import-model.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { manifestFile } from '../../src-main/engine/model-folder.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'

const gguf = new URL('../golden/reference/gguf-quants/tiny-llama-tied-Q4_1.gguf', import.meta.url).pathname
/** Turns end with the model's end token, </s>. */
const template =
  "{% for message in messages %}{{ message['role'] + ':' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"

/** A temporary folder that is gone when the test file ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'veranda-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The reference's random little 4-bit model as a model folder, with a chat template that it lacks. */
export async function tinyChatModel(): Promise<string> {
  const directory = temporaryFolder()
  await finish(
    importModel({ codecs: loadCodecs(), background: onnxRuntime({ threads: 2 }) })(
      { sourcePath: gguf, targetDirectory: directory, name: 'tiny' },
      new AbortController().signal,
    ),
  )
  const path = join(directory, manifestFile)
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), chatTemplate: template }))
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
