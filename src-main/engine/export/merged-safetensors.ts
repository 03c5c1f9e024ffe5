import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { safetensorsHeader } from '../../core/checkpoint/safetensors.ts'
import { architectureOf } from '../../core/llama/architectures.ts'
import { configText, configToHuggingFace } from '../../core/llama/config-to-huggingface.ts'
import { huggingFaceTensors, type PublishedTensor } from '../../core/llama/published-tensors.ts'
import {
  tokenizerConfigToHuggingFace,
  tokenizerToHuggingFace,
} from '../../core/tokenizer/definition-to-huggingface.ts'
import type { ModelSummary } from '../contract.ts'
import { openCheckpointLogits } from './checkpoint-logits.ts'
import { checkRoom } from './check-room.ts'
import type { MergeSource, ModelExporter } from './exporter.ts'
import { MergedModel } from './merged-model.ts'
import { writeNewFile, writePieces } from './write-file.ts'

/** transformers' own limit. */
const shardBytes = 5e9

/** A folder that transformers' `from_pretrained` takes, in half precision. */
export function mergedSafetensors(maxShardBytes = shardBytes): ModelExporter {
  return {
    async *write(source, path, resources) {
      const { model, summary } = source.model.folder
      const tensors = huggingFaceTensors(model.config, summary.architecture)
      const totalBytes = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0)
      const files = textFiles(source)
      const shards = shardsOf(tensors, maxShardBytes)
      checkRoom(path, totalBytes)
      mkdirSync(path)
      for (const [name, content] of files) writeNewFile(join(path, name), content)
      if (shards.length > 1) writeIndex(join(path, 'model.safetensors.index.json'), shards, totalBytes)
      const merged = await MergedModel.open(source, resources)
      try {
        let before = 0
        for (const [index, shard] of shards.entries()) {
          const pieces = shardPieces(merged, shard)
          for await (const written of writePieces(join(path, shardName(index, shards.length)), pieces)) {
            yield Math.min(1, (before + written) / totalBytes)
          }
          before += shard.reduce((sum, tensor) => sum + bytesOf(tensor), 0)
        }
      } finally {
        await merged.close()
      }
    },
    open: openCheckpointLogits,
    maxDivergence,
  }
}

/** The beginning of half precision, nats: what it does to 4-bit weights stays far below. */
const maxDivergence = 0.01

async function* shardPieces(
  merged: MergedModel,
  shard: readonly PublishedTensor[],
): AsyncGenerator<Uint8Array> {
  const entries = shard.map(({ name, shape }) => [name, { dtype: 'F16', shape }] as const)
  yield safetensorsHeader(entries, new Map([['format', 'pt']]))
  for (const tensor of shard) yield* merged.pieces(tensor, 'F16')
}

/** In order, as many tensors a file as fit; one that is larger alone. */
function shardsOf(
  tensors: readonly PublishedTensor[],
  maxShardBytes: number,
): readonly (readonly PublishedTensor[])[] {
  const shards: PublishedTensor[][] = []
  let room = 0
  for (const tensor of tensors) {
    if (bytesOf(tensor) > room) {
      shards.push([])
      room = maxShardBytes
    }
    shards.at(-1)?.push(tensor)
    room -= bytesOf(tensor)
  }
  return shards
}

function shardName(index: number, count: number): string {
  if (count === 1) return 'model.safetensors'
  const number = (value: number): string => String(value).padStart(5, '0')
  return `model-${number(index + 1)}-of-${number(count)}.safetensors`
}

function writeIndex(path: string, shards: readonly (readonly PublishedTensor[])[], totalBytes: number): void {
  const places = shards.flatMap((shard, index) =>
    shard.map(({ name }) => [name, shardName(index, shards.length)] as const),
  )
  const index = { metadata: { total_size: totalBytes }, weight_map: Object.fromEntries(places) }
  writeNewFile(path, `${JSON.stringify(index, null, 2)}\n`)
}

/** Everything but the weights. */
function textFiles({ model }: MergeSource): readonly (readonly [name: string, content: string])[] {
  const { model: stored, summary, tokenizer, chatTemplate } = model.folder
  const tokens = tokenizer ?? { bosId: null, eosIds: [] }
  const config = configToHuggingFace(stored.config, summary.architecture, tokens)
  const generation = {
    bos_token_id: tokens.bosId,
    eos_token_id: tokens.eosIds.length > 1 ? tokens.eosIds : (tokens.eosIds[0] ?? null),
  }
  const files: (readonly [string, string])[] = [
    ['config.json', configText({ ...config, torch_dtype: dtypeToRun(summary) })],
    ['generation_config.json', jsonText(generation)],
  ]
  if (tokenizer === null) return files
  const settings = tokenizerConfigToHuggingFace(tokenizer, chatTemplate, stored.config.contextLength)
  return [
    ...files,
    ['tokenizer.json', jsonText(tokenizerToHuggingFace(tokenizer))],
    ['tokenizer_config.json', jsonText(settings)],
  ]
}

/** Gemma's activations grow beyond what half precision holds. */
function dtypeToRun({ architecture }: ModelSummary): 'float16' | 'bfloat16' {
  return architectureOf(architecture).offsetNorms ? 'bfloat16' : 'float16'
}

function jsonText(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`
}

function bytesOf({ shape }: PublishedTensor): number {
  return 2 * shape.reduce((product, length) => product * length, 1)
}
