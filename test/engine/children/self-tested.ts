/** Tests the device of the given provider against the processor and prints what it found. */
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { onnxRuntime, type Provider } from '../../../src-main/engine/onnx-runtime.ts'
import { selfTest } from '../../../src-main/engine/self-test.ts'

const provider = process.argv[2] as Provider
const [reference, tested] = [onnxRuntime({ threads: 1 }), onnxRuntime({ threads: 1, provider })]
console.log(JSON.stringify(await selfTest(reference, tested, loadCodecs())))
