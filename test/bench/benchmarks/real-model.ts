import { inEnglish } from '../../../src-main/contract/sentence.ts'
import type { Runtime } from '../../../src-main/core/graph/runtime.ts'
import { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { nativeRuntime } from '../../../src-main/engine/native-runtime.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { chooseRuntime } from '../../../src-main/engine/runtime.ts'
import { modelDirectory } from '../../model-files.ts'

/** As many as the programs we compare with are told to use. */
export const threads = 2

/** What is measured, by what a report calls it: another program, and ours with its options or on its fallback. */
export const programs = ['llama.cpp', 'veranda', 'veranda --fast', 'veranda, onnxruntime-node'] as const

/** The runtime of one of our programs; null, with a line that says why, where this machine has none. */
export function runtimeNamed(name: string): Runtime | null {
  switch (name) {
    case 'veranda':
      return chooseRuntime({ threads, exact: false }).runtime
    case 'veranda --exact':
      return chooseRuntime({ threads, exact: true }).runtime
    case 'veranda, onnxruntime-node':
      return onnxRuntime({ threads })
    case 'veranda --fast': {
      const fast = nativeRuntime({ threads, blockArithmetic: 'int8' })
      if (fast.runtime === null) console.error(`${name}: not measured. ${inEnglish(fast.reason)}`)
      return fast.runtime
    }
    default:
      throw new TypeError(`There is no program “${name}” of ours.`)
  }
}

/** What the engine may run on: what it takes by itself first, the fallback last. */
export function runtimes(): ReadonlyMap<string, Runtime> {
  const found = new Map<string, Runtime>()
  for (const name of programs.slice(1)) {
    const runtime = runtimeNamed(name)
    if (runtime !== null) found.set(name, runtime)
  }
  return found
}

/** The default model as `npm test` leaves it; null, with a line that says so, where it isn't there. */
export function openRealModel(runtime: Runtime): LoadedModel | null {
  if (modelDirectory !== null) return new LoadedModel(modelDirectory, runtime, loadCodecs())
  console.error('The default model is not there: run “npm test” once.')
  return null
}
