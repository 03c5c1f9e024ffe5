import type { Sentence } from '../contract/sentence.ts'
import type { Runtime } from '../core/graph/runtime.ts'
import { type DeviceOptions, theProcessor } from './device-contract.ts'
import { nativeRuntime } from './native-runtime.ts'
import { onnxRuntime } from './onnx-runtime.ts'

export interface ChosenRuntime {
  readonly runtime: Runtime
  readonly name: 'native' | 'onnxruntime-node'
  /** Why it is not the fastest, in a sentence; null where it is. */
  readonly reason: Sentence | null
}

/**
 * The native runtime where it is built, else onnxruntime-node, which does the same work more slowly. Unless all is to
 * be exact, products with block weights hold activations to 15 bits where the processor has the instructions: as good as float32
 * for what people see (see the README's figures), and faster.
 */
export function chooseRuntime(options: {
  /** Any but the processor takes onnxruntime-node; the processor if absent. */
  readonly device?: DeviceOptions
  /** Threads of one operator; null lets ONNX Runtime choose (one a physical core). */
  readonly threads: number | null
  /** In float32 throughout, by ONNX Runtime's own operators. */
  readonly exact: boolean
}): ChosenRuntime {
  const { threads, exact, device = theProcessor } = options
  if (device.device !== 'cpu')
    return {
      runtime: onnxRuntime({ threads, ...device, halves: device.halves && !exact }),
      name: 'onnxruntime-node',
      reason: null,
    }
  const native = nativeRuntime({ threads, blockArithmetic: exact ? null : 'int16' })
  if (native.runtime !== null) return { runtime: native.runtime, name: 'native', reason: null }
  const plain = nativeRuntime({ threads, blockArithmetic: null })
  return plain.runtime === null
    ? { runtime: onnxRuntime({ threads }), name: 'onnxruntime-node', reason: plain.reason }
    : { runtime: plain.runtime, name: 'native', reason: native.reason }
}
