import type { Runtime } from '../core/graph/runtime.ts'
import { nativeRuntime } from './native-runtime.ts'
import { onnxRuntime } from './onnx-runtime.ts'

export interface ChosenRuntime {
  readonly runtime: Runtime
  readonly name: 'native' | 'onnxruntime-node'
  /** Why it is not the native one, in a sentence; null where it is. */
  readonly reason: string | null
}

/**
 * The native runtime with integer products where it is built and the processor has the instructions, else
 * onnxruntime-node, which does the same work in float32, more slowly.
 */
export function chooseRuntime(threads: number | null): ChosenRuntime {
  const native = nativeRuntime({ threads, blockArithmetic: 'int8' })
  return native.runtime === null
    ? { runtime: onnxRuntime({ threads }), name: 'onnxruntime-node', reason: native.reason }
    : { runtime: native.runtime, name: 'native', reason: null }
}
