import { importAdapter, inspectAdapter } from './adapter-import/import-adapter.ts'
import { chat } from './chat.ts'
import { estimate } from './estimate.ts'
import { countTokens, evaluate, maskExamples } from './evaluate.ts'
import { exportAdapter } from './export/export-adapter.ts'
import { importModel } from './import-model.ts'
import { loadCodecs } from './native-codecs.ts'
import { chooseRuntime } from './runtime.ts'
import type { OperationTable } from './operation-table.ts'
import { EngineResources } from './resources.ts'
import { train } from './train.ts'

/** The engine's operations over ONNX Runtime on this machine's processor; `exact`: in float32 throughout. */
export function createOperations({ exact }: { readonly exact: boolean }): OperationTable {
  const resources = new EngineResources(chooseRuntime({ threads: null, exact }).runtime, loadCodecs())
  return {
    importModel: importModel(resources),
    chat: chat(resources),
    train: train(resources),
    estimate: estimate(resources),
    evaluate: evaluate(resources),
    maskExamples: maskExamples(resources),
    countTokens: countTokens(resources),
    exportAdapter: exportAdapter(resources),
    inspectAdapter,
    importAdapter: importAdapter(resources),
    // oxlint-disable-next-line require-yield -- it has no events
    async *releaseModel({ modelDirectory }) {
      await resources.release(modelDirectory)
      return null
    },
  }
}
