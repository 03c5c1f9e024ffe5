import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { LoadedModel } from '../../../src-main/engine/loaded-model.ts'
import { onnxRuntime } from '../../../src-main/engine/onnx-runtime.ts'
import { modelDirectory } from '../../model-files.ts'

/** As many as the programs we compare with are told to use. */
export const threads = 2

export const runtime = onnxRuntime({ threads })

/** The default model as `npm test` leaves it; null, with a line that says so, where it isn't there. */
export function openRealModel(): LoadedModel | null {
  if (modelDirectory !== null) return new LoadedModel(modelDirectory, runtime, loadCodecs())
  console.log('The default model is not there: run “npm test” once.')
  return null
}
