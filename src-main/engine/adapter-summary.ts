import type { PortableAdapter } from '../core/vera/to-lora.ts'
import type { OperationResult } from './contract.ts'

/** What is kept of a file of one adapter, or of those of a blend, beside it. */
export function adapterSummary(
  adapters: readonly PortableAdapter[],
  bytes: Uint8Array,
): OperationResult<'importAdapter'> {
  return {
    rank: Math.max(...adapters.map(({ layout }) => layout.rank)),
    targets: [...new Set(adapters.flatMap(({ settings }) => settings.targets))],
    projectionKey: adapters[0]?.settings.projectionKey ?? 0,
    parameterCount: adapters.reduce((sum, { layout }) => sum + layout.length, 0),
    sizeBytes: bytes.length,
  }
}
