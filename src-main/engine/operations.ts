import { importAdapter, inspectAdapter } from './adapter-import/import-adapter.ts'
import { blendAdapters } from './blend-adapters.ts'
import { chat } from './chat.ts'
import { estimate } from './estimate.ts'
import { countTokens, evaluate, maskExamples } from './evaluate.ts'
import { exportAdapter } from './export/export-adapter.ts'
import { exportBundle } from './export/export-bundle.ts'
import { importModel } from './import-model.ts'
import { loadCodecs } from './native-codecs.ts'
import { availableDevices, libraryVersion } from './onnx-runtime.ts'
import { probe } from './probe.ts'
import type { EngineOptions } from './engine-arguments.ts'
import { chooseRuntime } from './runtime.ts'
import type { OperationTable } from './operation-table.ts'
import { EngineResources } from './resources.ts'
import { train } from './train.ts'

/** The engine's operations over ONNX Runtime on one of this machine's devices. */
export function createOperations({ exact, device }: EngineOptions): OperationTable {
  const chosen = chooseRuntime({ threads: null, exact, device })
  const resources = new EngineResources(chosen.runtime, loadCodecs(), exact)
  return {
    importModel: importModel(resources),
    chat: chat(resources),
    train: train(resources),
    estimate: estimate(resources),
    evaluate: evaluate(resources),
    maskExamples: maskExamples(resources),
    countTokens: countTokens(resources),
    exportAdapter: exportAdapter(resources),
    exportBundle: exportBundle(resources),
    inspectAdapter,
    importAdapter: importAdapter(resources),
    blendAdapters: blendAdapters(resources),
    // oxlint-disable-next-line require-yield -- it has no events
    async *listDevices() {
      return { devices: availableDevices(), libraryVersion }
    },
    probe: probe(resources, chosen, device.device),
    // oxlint-disable-next-line require-yield -- it has no events
    async *releaseModel({ modelDirectory }) {
      await resources.release(modelDirectory)
      return null
    },
  }
}
