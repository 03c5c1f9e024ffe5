/** Loaded into an engine process before it starts: notes every graph that is loaded with the model's weights. */
import { appendFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { InferenceSession } from 'onnxruntime-node'
import { findAddon } from '../../../src-main/engine/native-addon.ts'

const log = process.env['LOADED_GRAPHS']
const note = (): void => {
  if (log !== undefined) appendFileSync(log, 'a graph\n')
}

const create = InferenceSession.create
Object.assign(InferenceSession, {
  create: (...given: Parameters<typeof create>) => {
    note()
    return create.apply(InferenceSession, given)
  },
})

const path = findAddon()
if (path !== null) {
  const addon = createRequire(import.meta.url)(path) as { NativeSession?: new (...given: never[]) => object }
  const { NativeSession } = addon
  if (NativeSession !== undefined)
    addon.NativeSession = class extends NativeSession {
      constructor(...given: never[]) {
        super(...given)
        note()
      }
    }
}
