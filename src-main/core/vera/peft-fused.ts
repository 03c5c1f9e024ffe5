import { sentence } from '../../contract/sentence.ts'
import { memorySource } from '../checkpoint/byte-source.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import type { LlamaConfig } from '../llama/config.ts'
import { readVectors } from './adapter-tensors.ts'
import { fusedLayout, splitFusedAdapter } from './fused-adapter.ts'
import { checkTensors, type PeftAdapter, ranksOf, savedProjections } from './peft-adapter.ts'
import { parsePeftConfig } from './peft-config.ts'
import { moduleMatcher, unsupported } from './peft-targets.ts'
import { projections } from './projections.ts'

/**
 * PEFT's adapter of a model with fused projections as LoRA of the layers themselves: of VeRA's B each part has rows
 * that no adapter of its own would have.
 *
 * @throws Failure as `readPeftAdapter` does
 */
export function readFusedPeftAdapter(
  configText: string,
  tensorBytes: Uint8Array,
  config: LlamaConfig,
): PeftAdapter {
  const peft = parsePeftConfig(configText)
  const [matches, rankOf] = [moduleMatcher(peft), ranksOf(peft)]
  const layout = fusedLayout(config, peft, ({ module }) => (matches(module) ? rankOf(module) : 0))
  if (layout.sites.length === 0)
    throw unsupported(sentence`it adapts none of the linear layers of this model`)
  const file = readSafetensors(memorySource(tensorBytes))
  checkTensors(file, layout)
  const vectors = readVectors(file, layout, 'whole')
  const stored = savedProjections(peft, file, layout)
  const ofKey = peft.method === 'lora' ? null : projections({ ...layout, key: peft.projectionKey })
  const adapter = splitFusedAdapter(config, { dropout: peft.dropout }, { layout, vectors }, stored ?? ofKey)
  return { ...adapter, baseModelName: peft.baseModelName }
}
