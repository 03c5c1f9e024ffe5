import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { outsideArchive } from './native-addon.ts'

/** Where onnxruntime-node keeps its binding and the libraries of ONNX Runtime for this system. */
export function libraryFolder(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  return outsideArchive(join(folder, 'bin/napi-v6', process.platform, process.arch))
}
