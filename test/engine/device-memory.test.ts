import { expect, test } from 'vitest'
import type { Feeds, Runtime, Tensor, TensorData } from '../../src-main/core/graph/runtime.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { selfTest } from '../../src-main/engine/self-test.ts'

const processor = onnxRuntime({ threads: 1 })
const codecs = loadCodecs()

/** The processor, with a part of its memory played by a device's: what stays there can't be read, and is counted. */
function deviceStandIn(weightBytes: number) {
  const there = new Map<Tensor, Tensor>()
  /** Bytes that were put there, and that each run was fed with from here. */
  const crossed = { put: 0, fed: 0 }

  const stay = (tensor: Tensor): Tensor => {
    const stayed: Tensor = {
      get data(): TensorData {
        throw new Error('The tensor is on the device.')
      },
      shape: tensor.shape,
      release: () => {
        if (!there.delete(stayed)) throw new Error('It was released already.')
      },
    }
    there.set(stayed, tensor)
    return stayed
  }
  const local = (tensor: Tensor): Tensor => {
    const here = there.get(tensor)
    if (here === undefined) crossed.fed += tensor.data.byteLength
    return here ?? tensor
  }
  const runtime: Runtime = {
    ...processor,
    deviceMemory: {
      weightBytes,
      put: async (tensor) => {
        crossed.put += tensor.data.byteLength
        return stay({ data: tensor.data.slice(), shape: tensor.shape })
      },
      take: async (tensor) => there.get(tensor) ?? tensor,
    },
    open: async (graph, { staying = [], ...options } = {}) => {
      const session = await processor.open(graph, options)
      const taken = new Set(graph.inputs.map(({ name }) => name))
      return {
        run: async (feeds) => {
          const given: Feeds = Object.fromEntries(
            Object.entries(feeds).flatMap(([name, tensor]) =>
              taken.has(name) ? [[name, local(tensor)]] : [],
            ),
          )
          const results = Object.entries(await session.run(given))
          return Object.fromEntries(
            results.map(([name, tensor]) => [name, staying.includes(name) ? stay(tensor) : tensor]),
          )
        },
        close: () => session.close(),
      }
    },
  }
  return { runtime, there, crossed }
}

/** Attention over a joined cache sums in another order. */
async function expectSame(runtime: Runtime): Promise<void> {
  const { loss, gradient, logits } = await selfTest(processor, runtime, codecs)
  expect({ loss, gradient }).toEqual({ loss: 0, gradient: 0 })
  expect(logits).toBeLessThan(1e-6)
}

test('weights, activations and the KV cache stay on a device with memory of its own, and nothing is left there', async () => {
  const device = deviceStandIn(Infinity)
  await expectSame(device.runtime)
  expect(device.there.size).toBe(0)
  // Two layers and the output matrix as float32, and little else; then only borders and vectors cross.
  const weights = 4 * (2 * (2 * 64 * 128 + 2 * 64 * 64 + 3 * 64 * 96) + 96 * 64)
  expect(device.crossed.put).toBeGreaterThan(weights)
  expect(device.crossed.put).toBeLessThan(1.5 * weights)
  expect(device.crossed.fed).toBeLessThan(weights / 2)
})

test('weights that it has no room for are fed to each run', async () => {
  const device = deviceStandIn(20_000)
  await expectSame(device.runtime)
  expect(device.there.size).toBe(0)
  const roomy = deviceStandIn(Infinity)
  await selfTest(processor, roomy.runtime, codecs)
  expect(device.crossed.put).toBeLessThan(roomy.crossed.put)
  expect(device.crossed.fed).toBeGreaterThan(2 * roomy.crossed.fed)
})
