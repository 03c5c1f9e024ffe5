import { findAddon } from '../../../src-main/engine/native-addon.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import type { Benchmark } from '../benchmark.ts'

/** 32 million weights: 16 MB packed, 128 MB unpacked. */
const blocks = 1_000_000

export const codecs: Benchmark = {
  name: 'codecs',
  description: 'unpacking 4-bit weights to float32, as training does before each layer',
  amount: { count: (blocks * 32) / 1e6, unit: 'million weights' },
  prepare() {
    const quants = Uint8Array.from({ length: blocks * 16 }, (_, i) => (i * 37) & 255)
    const scales = new Float32Array(blocks).fill(0.01)
    const offsets = new Float32Array(blocks).fill(0.5)
    const out = new Float32Array(blocks * 32)
    const variants = [loadCodecs(null), loadCodecs(findAddon())].map((loaded) => ({
      name: loaded.name,
      run: () => loaded.unpackBlocks(quants, scales, offsets, 4, out),
    }))
    return Promise.resolve({ variants })
  },
}
