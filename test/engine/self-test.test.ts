import { inEnglish, sentence } from '../../src-main/contract/sentence.ts'
import { expect, test } from 'vitest'
import { float32Data, type Runtime } from '../../src-main/core/graph/runtime.ts'
import { loadCodecs } from '../../src-main/engine/native-codecs.ts'
import { onnxRuntime } from '../../src-main/engine/onnx-runtime.ts'
import { selfTest, selfTestFailure } from '../../src-main/engine/self-test.ts'

const processor = onnxRuntime({ threads: 1 })
const codecs = loadCodecs()

/** A device that gets the named result of some graphs wrong. */
function wrongIn(graphName: string, output: string): Runtime {
  return {
    ...processor,
    open: async (graph, options) => {
      const session = await processor.open(graph, options)
      if (graph.name !== graphName) return session
      return {
        ...session,
        run: async (feeds) => {
          const results = await session.run(feeds)
          const data = float32Data(results[output], output).map((value, at) => value + (at % 2))
          return { ...results, [output]: { data, shape: results[output]?.shape ?? [] } }
        },
      }
    },
  }
}

test('a device that computes the same passes without any error', async () => {
  const errors = await selfTest(processor, processor, codecs)
  expect(errors).toEqual({ loss: 0, gradient: 0, logits: 0 })
  expect(selfTestFailure(errors, false)).toBeNull()
})

test.each([
  ['decoder', 'logits', 'Its logits'],
  ['layer_backward', 'dLambda', 'Its gradient'],
  ['layer_forward', 'y', 'Its loss'],
])('one that is wrong in %s is found out', async (graph, output, found) => {
  expect(
    inEnglish(
      selfTestFailure(await selfTest(processor, wrongIn(graph, output), codecs), false) ?? sentence``,
    ),
  ).toContain(found)
})

test('numbers that are none don’t pass', () => {
  expect(
    inEnglish(selfTestFailure({ loss: Number.NaN, gradient: 0, logits: 0 }, false) ?? sentence``),
  ).toContain('Its loss')
})
