import type { Runtime } from '../../src-main/core/graph/runtime.ts'
import type { LlamaConfig } from '../../src-main/core/llama/config.ts'
import { inverseFrequencies, rotaryTables } from '../../src-main/core/llama/rope.ts'

/**
 * A runtime whose graphs turn queries and keys by rotary frequencies rounded to bfloat16.
 *
 * The reference made its bf16 model with `module.to(torch.bfloat16)`, which rounds the frequencies with the
 * weights. `from_pretrained` keeps them in float32, whatever the weights' type, and so do we; this shows that
 * nothing else is different.
 */
export function withRoundedRotary(inner: Runtime, config: LlamaConfig): Runtime {
  const frequencies = inverseFrequencies(config)
  const half = frequencies.length
  const positions = Array.from({ length: config.contextLength }, (_, position) => position)
  const ours = rotaryTables(frequencies, positions)
  const rounded = rotaryTables(frequencies.map(roundToBFloat16), positions)
  const row = (table: Float32Array, n: number): Float32Array => table.subarray(n * half, (n + 1) * half)
  const positionOf = new Map(positions.map((position) => [row(ours.sin, position).join(), position]))
  return {
    ...inner,
    async open(graph, options) {
      const session = await inner.open(graph, options)
      return {
        run(feeds) {
          const [cos, sin] = [feeds['cos'], feeds['sin']]
          if (cos === undefined || !(sin?.data instanceof Float32Array)) return session.run(feeds)
          const data = { cos: new Float32Array(sin.data.length), sin: new Float32Array(sin.data.length) }
          for (let n = 0; n < sin.data.length / half; n++) {
            const position = positionOf.get(row(sin.data, n).join())
            if (position === undefined) throw new TypeError(`Token ${n} has no position the model knows.`)
            data.cos.set(row(rounded.cos, position), n * half)
            data.sin.set(row(rounded.sin, position), n * half)
          }
          const { shape } = sin
          return session.run({ ...feeds, cos: { data: data.cos, shape }, sin: { data: data.sin, shape } })
        },
        close: () => session.close(),
      }
    },
  }
}

/** To the nearest bfloat16, ties to even. */
function roundToBFloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)
  const all = bits[0] ?? 0
  const kept = (all + 0x7fff + ((all >>> 16) & 1)) & 0xffff0000
  return new Float32Array(Uint32Array.of(kept).buffer)[0] ?? Number.NaN
}
