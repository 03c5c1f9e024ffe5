import type { PeftAdapter } from '../../src-main/core/vera/peft-adapter.ts'
import { huggingFaceTensors } from '../../src-main/core/llama/published-tensors.ts'
import { MergedModel } from '../../src-main/engine/export/merged-model.ts'
import type { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { codecs, runtime } from './imported-model.ts'

/** Tensors of the model as an export in float32 would write them with the adapter merged in. */
export async function mergedWeights(
  model: LoadedModel,
  { settings, ...adapter }: PeftAdapter,
  names: readonly string[],
): Promise<ReadonlyMap<string, Float32Array>> {
  const about = { baseModelHash: '', chatTemplateHash: '', createdBy: 'reference' }
  const source = {
    model,
    adapters: [{ ...adapter, settings: { ...settings, ...about } }],
    origin: { name: null },
  }
  const merged = await MergedModel.open(source, new EngineResources(runtime, codecs))
  const { summary, model: stored } = model.folder
  const weights = new Map<string, Float32Array>()
  for (const tensor of huggingFaceTensors(stored.config, summary.architecture)) {
    if (!names.includes(tensor.name)) continue
    const pieces: Uint8Array[] = []
    for await (const piece of merged.pieces(tensor, 'F32')) pieces.push(piece)
    weights.set(tensor.name, new Float32Array(Uint8Array.from(Buffer.concat(pieces)).buffer))
  }
  await merged.close()
  return weights
}
