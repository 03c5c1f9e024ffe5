import { expect, test } from 'vitest'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { tinyChatModel } from '../engine/tiny-chat-model.ts'
import { soakChat } from './soak-chat.ts'

test('memory settles over many turns of ever new conversations', { timeout: 120_000 }, async () => {
  const { bytesPerTurn, endMB, startMB } = await soakChat(
    await tinyChatModel(),
    2000,
    onnxRuntime({ threads: 1 }),
  )
  // What one turn reads and writes is far more; a session or a cache kept for each would be megabytes.
  expect(bytesPerTurn).toBeLessThan(40_000)
  expect(endMB - startMB).toBeLessThan(300)
})
