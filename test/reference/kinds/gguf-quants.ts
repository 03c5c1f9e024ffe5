import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../../src-main/contract/failure.ts'
import { unpackBlocks } from '../../../src-main/core/checkpoint/block-weights.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { emptyBlocksFor, packBlocks } from '../../../src-main/core/checkpoint/pack-blocks.ts'
import {
  blockFormats,
  type BlockFormatName,
  dequantize,
  isBlockFormat,
  type WeightFormat,
  weightFormatOf,
  weightFormats,
} from '../../../src-main/core/checkpoint/weight-formats.ts'
import { Check } from '../check.ts'
import { decoderLogits } from '../decoder-logits.ts'
import { readJson, Tensors } from '../fixtures.ts'
import { codecs, withImported } from '../imported-model.ts'
import type { ReferenceKind } from '../kind.ts'
import { adapterBatch, batchesIn, batchNamed, gatherAttended } from '../tiny-llama.ts'

interface Codec {
  readonly block_size: number
  readonly bytes_per_block: number
  readonly raw_sha256: string
  readonly float32_sha256: string
}

/** Quantised tensors of every type, and whole models of some. */
export const ggufQuants: ReferenceKind = {
  name: 'gguf-quants',
  path: 'gguf-quants',
  async check(reference) {
    const check = new Check()
    const folder = join(reference, 'gguf-quants')
    checkCodecs(check, folder)
    const models = readdirSync(folder).filter((file) => /^tiny-llama-.*\.gguf$/.test(file))
    check.holds('there are models', models.length > 0)
    for (const file of models) await checkModel(check, reference, join(folder, file), file)
    return check.outcome()
  },
}

function checkCodecs(check: Check, folder: string): void {
  const tensors = new Tensors(join(folder, 'codec.safetensors'))
  const file = readGguf(memorySource(readFileSync(join(folder, 'codec.gguf'))))
  if (codecs.name !== 'native') check.skip(`the native codecs: ${codecs.reason}`)
  for (const [type, expected] of Object.entries(
    readJson<Record<string, Codec>>(join(folder, 'codec.json')),
  )) {
    const format = knownFormat(type)
    if (format === null) {
      check.skip(`${type}: can't be read yet`)
      continue
    }
    const { blockSize, bytesPerBlock } = weightFormats[format]
    check.equal(`${type} block`, [blockSize, bytesPerBlock], [expected.block_size, expected.bytes_per_block])
    const bytes = file.tensors.get(type)?.read() ?? new Uint8Array()
    check.hash(`${type} bytes`, bytes, expected.raw_sha256)
    const floats = tensors.floats(`${type}/float32`)
    const decoded = dequantize(format, bytes, floats.length)
    check.sameBits(type, decoded, floats)
    check.hash(type, decoded, expected.float32_sha256)
    if (codecs.name === 'native') {
      const natively = new Float32Array(floats.length)
      codecs.dequantize(format, bytes, natively)
      check.sameBits(`${type} natively`, natively, floats)
    }
    if (isBlockFormat(format)) checkPacked(check, format, bytes, floats)
  }
}

/** As a model folder keeps them: repacked for ONNX Runtime, and decoded from that. */
function checkPacked(check: Check, format: BlockFormatName, bytes: Uint8Array, floats: Float32Array): void {
  const blocks = emptyBlocksFor(format, 1, floats.length)
  const rounding = packBlocks(format, bytes, blocks)
  // Zeros may lose their sign in super-blocks, and the offsets of Q4_K are rounded once.
  const exactly = rounding === null && !format.endsWith('_K')
  for (const [name, unpack] of [
    ['packed', unpackBlocks],
    ['packed, natively', codecs.unpackBlocks],
  ] as const) {
    const unpacked = new Float32Array(floats.length)
    unpack(blocks.quants, blocks.scales, blocks.offsets, blocks.bits, unpacked)
    const label = `${format} ${name}`
    if (exactly) check.sameBits(label, unpacked, floats)
    else {
      const largest = floats.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
      check.close(label, unpacked, floats, {
        absolute: largest * (blockFormats[format].packing === 'rounded' ? 0.004 : 1e-6),
      })
    }
  }
}

async function checkModel(check: Check, reference: string, path: string, file: string): Promise<void> {
  const expected = new Tensors(join(reference, 'gguf-quants', 'tiny-llama-expected.safetensors'))
  const type = /-([^-]+)\.gguf$/.exec(file)?.[1] ?? ''
  if (knownFormat(type) === null) {
    check.skip(`${file}: can't be read yet`)
    return
  }
  const batch = batchNamed(batchesIn(reference), adapterBatch(reference))
  const logits = await withImported(path, (model) => decoderLogits(model, batch))
  const values = gatherAttended(batch, expected.floats(`${type}/logits`))
  check.close(`${file} logits`, logits, values, { absolute: 1e-4 })
}

/** The type as a format that can be decoded; null where that is yet to come. */
function knownFormat(type: string): WeightFormat | null {
  try {
    return weightFormatOf(type, type)
  } catch (error) {
    if (error instanceof Failure && error.code === 'weight-format') return null
    throw error
  }
}
