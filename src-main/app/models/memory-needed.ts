/** How much memory a model of the catalogue needs, and whether the machine has it. */
import { totalmem } from 'node:os'
import type { MemoryNeeded } from '../../contract/memory-needed.ts'
import type { CatalogueModel } from './catalogue.ts'

/** An engine without a model, and what a runtime's session takes besides the weights: measured on Linux. */
const engineBytes = 350_000_000
/** A conversation of so many tokens is to have room. */
const chatTokens = 4096
/** A training's results of matrix products between its two passes, at most (see `layer-stack.ts` in the core). */
const keptBytes = 512 * 1024 * 1024
/** A training step's tokens, whose states between the layers are kept. */
const stepTokens = 512
const floatBytes = 4
/** The system and other programs need some as well. */
const othersBytes = 1_500_000_000

/** @param machineBytes all the memory that the machine has */
export function memoryOf(
  { shape, file }: Pick<CatalogueModel, 'shape' | 'file'>,
  machineBytes: number,
): MemoryNeeded {
  const { layerCount, hiddenSize, kvHeadCount, headDim } = shape
  const modelBytes = engineBytes + file.importedBytes
  const cacheBytes = 2 * layerCount * kvHeadCount * headDim * floatBytes * chatTokens
  const stateBytes = layerCount * hiddenSize * floatBytes * stepTokens
  const chatBytes = modelBytes + cacheBytes
  const trainingBytes = modelBytes + keptBytes + stateBytes
  const freeBytes = machineBytes - othersBytes
  const chats = chatBytes <= freeBytes
  const trains = trainingBytes <= freeBytes
  const fits = chats && trains ? 'both' : chats ? 'chat' : trains ? 'training' : 'none'
  return { chatBytes, trainingBytes, machineBytes, fits }
}

/** Of the machine, or what a container lets this process have of it. */
export function machineMemoryBytes(): number {
  // Without a limit it is 0, absent or far more than there is.
  const limit = process.constrainedMemory() || Infinity
  return Math.min(totalmem(), limit)
}
