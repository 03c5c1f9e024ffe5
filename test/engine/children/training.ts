/** Trains the run it is given as JSON, with a checkpoint at every step, and says what it does. */
import { readFileSync } from 'node:fs'
import type { TrainInput } from '../../../src-main/engine/contract.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { EngineResources } from '../../../src-main/engine/resources.ts'
import { train } from '../../../src-main/engine/train.ts'

const input = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as TrainInput
const resources = new EngineResources(onnxRuntime({ threads: 1 }), loadCodecs())
const run = train(resources, 0)(input, new AbortController().signal)
for (let next = await run.next(); ; next = await run.next()) {
  if (next.done === true) break
  process.send?.(next.value)
}
process.disconnect?.()
