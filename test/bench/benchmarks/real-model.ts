import type { Runtime } from '../../../src-main/core/graph/runtime.ts'
import { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { nativeRuntime } from '../../../src-main/engine/native-runtime.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { modelDirectory } from '../../model-files.ts'

/** As many as the programs we compare with are told to use. */
export const threads = 2

/** What the engine may run on, by what a report calls it: what it takes by itself first, the fallback last. */
export function runtimes(): ReadonlyMap<string, Runtime> {
  const found = new Map<string, Runtime>()
  for (const [name, blockArithmetic] of [
    ['veranda', 'int16'],
    ['veranda, activations in 8 bits', 'int8'],
  ] as const) {
    const native = nativeRuntime({ threads, blockArithmetic })
    if (native.runtime === null) console.log(`${name}: not measured. ${native.reason}`)
    else found.set(name, native.runtime)
  }
  found.set('veranda, onnxruntime-node', onnxRuntime({ threads }))
  return found
}

/** The default model as `npm test` leaves it; null, with a line that says so, where it isn't there. */
export function openRealModel(runtime: Runtime): LoadedModel | null {
  if (modelDirectory !== null) return new LoadedModel(modelDirectory, runtime, loadCodecs())
  console.log('The default model is not there: run “npm test” once.')
  return null
}
