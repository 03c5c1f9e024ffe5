/** `load.ts PROGRAM`: loads the default model, reads a short prompt, and prints what that took as JSON. */
import { memoryUsage } from 'node:process'
import { modelFile } from '../../model-files.ts'
import { openRealModel, runtimeNamed, threads } from '../benchmarks/real-model.ts'
import { openLlamaCpp } from '../llama-cpp.ts'

const program = process.argv[2] ?? ''
const prompt = Array.from({ length: 16 }, (_, i) => 100 + 7 * i)

const start = performance.now()
if (program === 'llama.cpp') {
  await (await openLlamaCpp(modelFile ?? '', threads, 512))?.read(prompt)
} else {
  const runtime = runtimeNamed(program)
  const model = runtime === null ? null : openRealModel(runtime)
  const { decoder } = (await model?.open(null)) ?? {}
  await decoder?.logits(prompt, [prompt.length - 1])
}
const firstTokenMs = performance.now() - start
console.log(JSON.stringify({ firstTokenMs, memoryBytes: memoryUsage().rss }))
process.exit(0)
