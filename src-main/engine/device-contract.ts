/** The part of the engine's contract that is about the devices it computes on. */

import type { Sentence } from '../contract/sentence.ts'

/** Where an engine computes: ONNX Runtime's name of the provider. */
export type Device = 'cpu' | 'webgpu' | 'dml' | 'coreml' | 'cuda'

export interface DeviceOptions {
  readonly device: Device
  /** Of a device with memory of its own, as far as it is known. */
  readonly memoryBytes: number | null
  /** Whether it computes in 16 bits what can be. */
  readonly halves: boolean
}

export const theProcessor: DeviceOptions = { device: 'cpu', memoryBytes: null, halves: false }

/** Those that a second try in 16 bits is made on. */
export const halvingDevices: readonly Device[] = ['webgpu']

/** Relative distances |a − b| / |b| of what a device computes from what the processor does. */
export interface SelfTestErrors {
  readonly loss: number
  readonly gradient: number
  readonly logits: number
}

/** What a device did in a short try. */
export interface ProbeResult {
  /** What runs the graphs, and why it is not the fastest that there could be; null where it is. */
  readonly runtime: 'native' | 'onnxruntime-node'
  readonly runtimeReason: Sentence | null
  /** Why it can't be used: it doesn't start, or its numbers are wrong; null where it can. */
  readonly failure: Sentence | null
  /** How far its numbers are from the processor's in a little test; null of the processor, or where it doesn't start. */
  readonly errors: SelfTestErrors | null
  /** All null without a model. */
  readonly promptTokensPerSecond: number | null
  readonly tokensPerSecond: number | null
  readonly trainingTokensPerSecond: number | null
  /** Resident memory of the process at its highest. */
  readonly peakMemoryBytes: number
}

export interface DeviceOperations {
  /** The devices that this build of ONNX Runtime has a provider for; whether they work, `probe` tells. */
  readonly listDevices: {
    readonly input: null
    readonly event: never
    readonly result: { readonly devices: readonly Device[]; readonly libraryVersion: string }
  }
  /** Tests the device of this engine against the processor, then measures chat and training steps of the model. */
  readonly probe: {
    readonly input: {
      readonly modelDirectory: string | null
      /** Of the adapter that is trained in all linear layers. */
      readonly rank: number
    }
    readonly event: { readonly stage: 'test' | 'chat' | 'training' }
    readonly result: ProbeResult
  }
}
