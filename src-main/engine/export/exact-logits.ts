import { decoderGraph, lowerToStored } from '../../core/llama/decoder-graph.ts'
import { Decoder } from '../../core/llama/decoder.ts'
import { adaptGraph } from '../../core/vera/adapted-linear.ts'
import { projectionsOfAdapter } from '../../core/vera/adapter-file.ts'
import { adapterFeeds } from '../../core/vera/live-adapter.ts'
import type { PortableAdapter } from '../../core/vera/to-lora.ts'
import { together } from '../open-adapter.ts'
import type { LoadedModel } from '../loaded-model.ts'
import { weightsFile } from '../model-folder.ts'
import type { EngineResources } from '../resources.ts'
import type { LogitSource } from './exporter.ts'

/** A model with adapters (none: alone), in float32 whatever its weights' format is, beside what chats use. */
export async function openExactLogits(
  model: LoadedModel,
  adapters: readonly PortableAdapter[],
  { background }: EngineResources,
): Promise<LogitSource> {
  const { model: stored, directory } = model.folder
  const live = adapters.length === 0 ? null : together(adapters, projectionsOfAdapter)
  const plain = decoderGraph(stored, weightsFile)
  const adapted = live === null ? plain : adaptGraph(plain, live.layout)
  const arithmetic = background.blockArithmetic === null ? null : 'float32'
  const graph = lowerToStored(adapted, stored, weightsFile, arithmetic)
  const session = await background.open(graph, { weightsDirectory: directory })
  const extra = live === null ? {} : adapterFeeds(live)
  const decoder = new Decoder(session, model.weights, undefined, extra)
  return {
    logits(ids) {
      decoder.truncate(0)
      return decoder.next(ids)
    },
    close: () => session.close(),
  }
}
