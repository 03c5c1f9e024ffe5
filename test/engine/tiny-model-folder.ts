import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importModel } from '../../src-main/engine/import-model.ts'
import { manifestFile } from '../../src-main/engine/model-folder.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'

const gguf = new URL('../golden/reference/gguf-quants/tiny-llama-tied-Q4_1.gguf', import.meta.url).pathname
/** Turns end with the model's end token, </s>. */
const template =
  "{% for message in messages %}{{ message['role'] + ':' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"

/** Imports the reference's random little 4-bit model into an empty folder, with a chat template that it lacks. */
export async function importTinyModel(directory: string): Promise<void> {
  const input = { sourcePath: gguf, targetDirectory: directory, name: 'tiny' }
  const resources = { codecs: loadCodecs(), background: onnxRuntime({ threads: 2 }) }
  for await (const _ of importModel(resources)(input, new AbortController().signal));
  const path = join(directory, manifestFile)
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), chatTemplate: template }))
}
