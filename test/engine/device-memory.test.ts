import { expect, test } from 'vitest'
import type { Runtime } from '../../src-main/core/graph/runtime.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { selfTest } from '../../src-main/engine/self-test.ts'
import { deviceStandIn, processor } from './device-stand-in.ts'

const codecs = loadCodecs()

/** Attention over a joined cache sums in another order. */
async function expectSame(runtime: Runtime): Promise<void> {
  const { loss, gradient, logits } = await selfTest(processor, runtime, codecs)
  expect({ loss, gradient }).toEqual({ loss: 0, gradient: 0 })
  expect(logits).toBeLessThan(1e-6)
}

test('weights, activations and the KV cache stay on a device with memory of its own, and nothing is left there', async () => {
  const device = deviceStandIn({ weightBytes: Infinity })
  await expectSame(device.runtime)
  expect(device.there.size).toBe(0)
  // Two layers and the output matrix as float32, and little else; then only borders and vectors cross.
  const weights = 4 * (2 * (2 * 64 * 128 + 2 * 64 * 64 + 3 * 64 * 96) + 96 * 64)
  expect(device.crossed.put).toBeGreaterThan(weights)
  expect(device.crossed.put).toBeLessThan(1.5 * weights)
  expect(device.crossed.fed).toBeLessThan(weights / 2)
})

test('weights that it has no room for are fed to each run', async () => {
  const device = deviceStandIn({ weightBytes: 20_000 })
  await expectSame(device.runtime)
  expect(device.there.size).toBe(0)
  const roomy = deviceStandIn({ weightBytes: Infinity })
  await selfTest(processor, roomy.runtime, codecs)
  expect(device.crossed.put).toBeLessThan(roomy.crossed.put)
  expect(device.crossed.fed).toBeGreaterThan(2 * roomy.crossed.fed)
})
