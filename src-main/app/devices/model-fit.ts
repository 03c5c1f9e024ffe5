/** What models take of a device's memory, estimated from their sizes: see the README's measured figures. */
import type { Fit, ModelFit } from '../../contract/devices.ts'

/** The process itself, its libraries and what a step works with. */
const engineBytes = 250e6
/** Keys and values of a conversation of usual length, and the logits. */
const chatShare = 0.1
/** Results of matrix products that a training keeps between its passes, at most. */
const keptBytes = 512 * 2 ** 20

export interface ModelSize {
  readonly name: string
  readonly installed: boolean
  readonly sizeBytes: number
  readonly parameterCount: number
}

/** @param holdsFloats whether training holds the weights as float32, as a device with memory of its own does */
export function fitOf(
  { name, installed, sizeBytes, parameterCount }: ModelSize,
  memoryBytes: number,
  holdsFloats: boolean,
): ModelFit {
  const chatBytes = engineBytes + sizeBytes * (1 + chatShare)
  // What is kept grows with the model and ends at its bound.
  const kept = Math.min(keptBytes, parameterCount * 2)
  const weights = holdsFloats ? parameterCount * 4 : sizeBytes
  const trainingBytes = engineBytes + weights + kept
  return {
    name,
    installed,
    chatBytes,
    chat: fit(chatBytes, memoryBytes),
    trainingBytes,
    training: fit(trainingBytes, memoryBytes),
  }
}

/** A model is read from its file as it is needed, so one that is a little too large is slow rather than impossible. */
function fit(neededBytes: number, memoryBytes: number): Fit {
  if (neededBytes <= 0.7 * memoryBytes) return 'fits'
  return neededBytes <= memoryBytes ? 'tight' : 'exceeds'
}
