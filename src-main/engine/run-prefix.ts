import { join } from 'node:path'
import { activationBytes, ActivationRows } from '../core/training/activation-rows.ts'
import { FrozenPrefix, planPrefix } from '../core/training/frozen-prefix.ts'
import { lowestLayer } from '../core/training/layer-passes.ts'
import type { TrainingPass } from '../core/training/loss-gradient.ts'
import type { TokenizedExample } from '../core/training/packing.ts'
import { fillPrefix } from '../core/training/trainer.ts'
import type { VeraLayout } from '../core/vera/layout.ts'
import type { LoadedModel } from './loaded-model.ts'
import { openScratchBytes } from './scratch-bytes.ts'

/** Hidden states of frozen layers stay in memory up to this size, else they go to a file of the run. */
const memoryBytes = 256 * 1024 * 1024
const precision = 'float16'

/**
 * Lets the pass start at the lowest adapted layer: what is below it is computed here, once for the run. Where the
 * first layer is adapted, or the signal was aborted, nothing changes. Close what it gives at the end of the run.
 */
export async function enterAboveFrozen(
  pass: TrainingPass,
  { folder }: LoadedModel,
  layout: VeraLayout,
  examples: readonly TokenizedExample[],
  directory: string,
  passTokens: number,
  signal: AbortSignal,
): Promise<{ close(): void }> {
  const layer = lowestLayer(layout)
  if (layer === 0) return { close: () => {} }
  const width = folder.model.config.hiddenSize
  const plan = planPrefix(examples)
  const length = activationBytes(plan.rowCount, width, precision)
  const scratch = openScratchBytes(join(directory, 'frozen-prefix'), length, memoryBytes)
  try {
    const rows = new ActivationRows(scratch, plan.rowCount, width, precision)
    const prefix = new FrozenPrefix(layer, plan, rows, width)
    for await (const _ of fillPrefix(pass, prefix, examples, passTokens)) if (signal.aborted) return scratch
    pass.enterAbove(prefix)
    return scratch
  } catch (error) {
    scratch.close()
    throw error
  }
}
