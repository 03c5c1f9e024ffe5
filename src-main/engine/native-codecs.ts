/** Weight codecs, native where they are built and give the right bits. */
import { messageOf } from '../contract/failure.ts'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { unpackBlocks } from '../core/checkpoint/block-weights.ts'
import { weightEncoders, type WrittenFormat } from '../core/checkpoint/encode-weights.ts'
import { packBlocks } from '../core/checkpoint/pack-blocks.ts'
import { quantizeBlocks } from '../core/checkpoint/quantize-blocks.ts'
import { weightFormats } from '../core/checkpoint/weight-formats.ts'
import { findDifference } from './codec-comparison.ts'
import type { WeightDecoders } from './codec-comparison.ts'
import { findAddon } from './native-addon.ts'

export interface Codecs extends WeightDecoders {
  readonly name: 'native' | 'typescript'
  /** Why the native codecs are not used, in a sentence; null where they are. */
  readonly reason: string | null
}

/** What native/src/lib.rs exports. */
interface Addon {
  unpackBlocks4: NativeUnpack
  unpackBlocks8: NativeUnpack
  dequantize(format: string, bytes: Uint8Array, out: Float32Array, threads: number): void
  /** The sums of a `RoundingError`; both 0 where no weight changed. */
  packBlocks(
    format: string,
    bytes: Uint8Array,
    quants: Uint8Array,
    scales: Float32Array,
    offsets: Float32Array | null,
    threads: number,
  ): readonly number[]
  /** The sums of a `RoundingError`. */
  quantizeBlocks(
    weights: Float32Array,
    bits: number,
    quants: Uint8Array,
    scales: Float32Array,
    offsets: Float32Array | null,
    threads: number,
  ): readonly number[]
  /** Whether all finite weights are finite as they were written. */
  encode(format: string, weights: Float32Array, out: Uint8Array, threads: number): boolean
  formats(): readonly string[]
}

type NativeUnpack = (
  quants: Uint8Array,
  scales: Float32Array,
  offsets: Float32Array | null,
  out: Float32Array,
  threads: number,
) => void

/** The others only move bytes. */
const nativelyWritten: ReadonlySet<WrittenFormat> = new Set(['F16', 'Q8_0', 'Q4_1', 'Q4_0'])

/** Memory, not arithmetic, is the limit beyond. */
const mostThreads = 4

/**
 * The addon at `addonPath` if it passes a comparison with the TypeScript codecs (a few milliseconds), else these.
 * Load once and keep the result.
 */
export function loadCodecs(addonPath: string | null = findAddon()): Codecs {
  if (addonPath === null) return typescriptCodecs('The native codecs are not built.')
  try {
    const addon: unknown = createRequire(import.meta.url)(addonPath)
    if (!isAddon(addon)) return typescriptCodecs(`${addonPath} is not of this version.`)
    const codecs = nativeCodecs(addon)
    const difference = findDifference(codecs, typescriptCodecs('They are the reference.'))
    return difference === null ? codecs : typescriptCodecs(`${addonPath} decodes ${difference} wrongly.`)
  } catch (error) {
    // Built for another system, a missing library: whatever it is, the reference does the work.
    return typescriptCodecs(`${addonPath} does not load: ${messageOf(error)}`)
  }
}

function typescriptCodecs(reason: string): Codecs {
  return {
    name: 'typescript',
    reason,
    unpackBlocks,
    dequantize: (format, bytes, out) => weightFormats[format].dequantize(bytes, out),
    packBlocks,
    quantizeBlocks,
    encode: (format, weights, out) => weightEncoders[format](weights, out),
  }
}

function nativeCodecs(addon: Addon): Codecs {
  const formats = new Set(addon.formats())
  const threads = Math.min(availableParallelism(), mostThreads)
  return {
    name: 'native',
    reason: null,
    unpackBlocks(quants, scales, offsets, bits, out) {
      const unpack = bits === 4 ? addon.unpackBlocks4 : addon.unpackBlocks8
      unpack(quants, scales, offsets, out, threads)
    },
    dequantize(format, bytes, out) {
      if (formats.has(format)) addon.dequantize(format, bytes, out, threads)
      else weightFormats[format].dequantize(bytes, out)
    },
    packBlocks(format, bytes, { quants, scales, offsets }) {
      const [error = 0, weights = 0] = addon.packBlocks(format, bytes, quants, scales, offsets, threads)
      return weights === 0 ? null : { error, weights }
    },
    quantizeBlocks(from, { bits, quants, scales, offsets }) {
      const [error = 0, weights = 0] = addon.quantizeBlocks(from, bits, quants, scales, offsets, threads)
      return { error, weights }
    },
    encode(format, weights, out) {
      // What doesn't fit is said by the reference.
      const isWritten = nativelyWritten.has(format) && addon.encode(format, weights, out, threads)
      if (!isWritten) weightEncoders[format](weights, out)
    },
  }
}

function isAddon(value: unknown): value is Addon {
  return (
    typeof value === 'object' &&
    value !== null &&
    [
      'unpackBlocks4',
      'unpackBlocks8',
      'dequantize',
      'packBlocks',
      'quantizeBlocks',
      'encode',
      'formats',
    ].every((name) => typeof Reflect.get(value, name) === 'function')
  )
}
