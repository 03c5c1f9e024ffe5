/** How much memory a model needs, and whether there is so much. */
import { totalmem } from 'node:os'
import type { Fit } from '../../contract/devices.ts'
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
/** What the screen and other programs take of a graphics card's. */
const cardShare = 0.2

export interface SizedModel {
  readonly name: string
  readonly installed: boolean
  /** What its weights take once it is imported. */
  readonly weightBytes: number
  readonly parameterCount: number
  /** null: not known, and taken to be as models of its size are. */
  readonly shape: CatalogueModel['shape'] | null
  /** The most that a training of it took on this machine; null before the first. */
  readonly measuredTrainingBytes: number | null
}

/**
 * @param deviceFloatBytes of a number on a device with memory of its own, which holds a training's weights as floats of
 *   32 or 16 bits; null on the processor, which holds them as they are
 */
export function bytesNeeded(
  { weightBytes, parameterCount, shape, measuredTrainingBytes }: SizedModel,
  deviceFloatBytes: 2 | 4 | null = null,
): { readonly chatBytes: number; readonly trainingBytes: number; readonly isMeasured: boolean } {
  const { layerCount, hiddenSize, kvHeadCount, headDim } = shape ?? usualShape(parameterCount)
  const cacheBytes = 2 * layerCount * kvHeadCount * headDim * floatBytes * chatTokens
  const stateBytes = layerCount * hiddenSize * floatBytes * stepTokens
  const chatBytes = engineBytes + weightBytes + cacheBytes
  // What was measured is the processor's.
  if (measuredTrainingBytes !== null && deviceFloatBytes === null)
    return { chatBytes, trainingBytes: measuredTrainingBytes, isMeasured: true }
  const trained = deviceFloatBytes === null ? weightBytes : parameterCount * deviceFloatBytes
  return { chatBytes, trainingBytes: engineBytes + trained + keptBytes + stateBytes, isMeasured: false }
}

/** Of the 12 · layers · width² weights that a decoder's layers have, with a layer for 96 of the width. */
function usualShape(parameterCount: number): CatalogueModel['shape'] {
  const hiddenSize = Math.cbrt(8 * parameterCount)
  return { layerCount: hiddenSize / 96, hiddenSize, kvHeadCount: 1, headDim: hiddenSize / 4 }
}

/**
 * Weights are read as they are needed: a little too much is slow rather than impossible.
 *
 * @param isCards whether the memory is a graphics card's own
 */
export function fitOf(neededBytes: number, memoryBytes: number, isCards = false): Fit {
  if (neededBytes <= memoryBytes - (isCards ? cardShare * memoryBytes : othersBytes)) return 'fits'
  return neededBytes <= memoryBytes ? 'tight' : 'exceeds'
}

/** @param machineBytes all the memory that the machine has */
export function memoryOf(model: SizedModel, machineBytes: number): MemoryNeeded {
  const { chatBytes, trainingBytes, isMeasured } = bytesNeeded(model)
  const chats = fitOf(chatBytes, machineBytes) === 'fits'
  const trains = fitOf(trainingBytes, machineBytes) === 'fits'
  const fits = chats && trains ? 'both' : chats ? 'chat' : trains ? 'training' : 'none'
  return { chatBytes, trainingBytes, isMeasured, machineBytes, fits }
}

/** Of the machine, or what a container lets this process have of it. */
export function machineMemoryBytes(): number {
  // Without a limit it is 0, absent or far more than there is.
  const limit = process.constrainedMemory() || Infinity
  return Math.min(totalmem(), limit)
}
