import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { mapEvents } from '../contract/event-stream.ts'
import { Failure } from '../contract/failure.ts'
import { sentence, type Sentence } from '../contract/sentence.ts'
import type { RoundingError } from '../core/checkpoint/quantize-blocks.ts'
import { encodeOnnx } from '../core/graph/onnx-file.ts'
import { decoderGraph, lowerToStored } from '../core/llama/decoder-graph.ts'
import type { LlamaCheckpoint } from '../core/llama/llama-checkpoint.ts'
import type { StoredModel, StoredWeight } from '../core/llama/stored-model.ts'
import type { ModelSummary } from './contract.ts'
import { explainDiskFull } from './disk-full.ts'
import { FileHash } from './hash-files.ts'
import { graphFile, weightsFile, writeModelFolder } from './model-folder.ts'
import { openModelFiles } from './open-checkpoint.ts'
import type { Operation } from './operation-table.ts'
import { checkQuantizing, measureQuantizing, quantizingNote } from './quantizing.ts'
import type { EngineResources } from './resources.ts'
import { WeightsWriter } from './weights-writer.ts'

/**
 * Turns a GGUF file or a Hugging Face folder into a model folder (see `model-folder.ts`), tensor by tensor. The
 * target directory must exist and be empty; the caller makes it the model's folder, or removes it on a failure.
 */
export const importModel = (
  resources: Pick<EngineResources, 'codecs' | 'background'>,
): Operation<'importModel'> =>
  async function* ({ sourcePath, targetDirectory, name, quantize = null }, signal) {
    const files = openModelFiles(sourcePath)
    const writer = new WeightsWriter(join(targetDirectory, weightsFile), resources.codecs)
    const hash = new FileHash(files.paths)
    try {
      const checkpoint = files.open()
      if (quantize !== null) checkQuantizing(checkpoint, quantize.bits)
      // The files are read twice at the same time, for their hash and for their weights; and twice more where what
      // quantising costs is measured.
      const totalBytes = files.totalBytes * (quantize === null ? 2 : 4)
      let weightBytes = 0
      const advance = async (bytes: number) => {
        weightBytes += bytes
        await goOn(signal)
        return { doneBytes: Math.min(weightBytes + hash.doneBytes, totalBytes), totalBytes }
      }
      const weights: Record<string, StoredWeight> = {}
      const rounded = { error: 0, weights: 0 }
      for (const tensor of checkpoint.tensors.values()) {
        const { stored, rounding } = yield* mapEvents(writer.write(tensor, quantize?.bits ?? null), advance)
        weights[tensor.name] = stored
        rounded.error += rounding?.error ?? 0
        rounded.weights += rounding?.weights ?? 0
      }
      await writer.finish()
      const sourceHash = yield* mapEvents(hash.wait(), advance)
      const model = { config: checkpoint.config, weights }
      const measured =
        quantize === null
          ? null
          : yield* mapEvents(
              measureQuantizing(resources, checkpoint, model, targetDirectory, quantize),
              async (share) => {
                await goOn(signal)
                return { doneBytes: (0.5 + share / 2) * totalBytes, totalBytes }
              },
            )
      const summary = summarize(checkpoint, {
        name: modelName(name, checkpoint.name),
        sizeBytes: writer.length,
        sourceHash,
        quantization:
          measured === null ? roundingNote(checkpoint.quantization, rounded) : quantizingNote(measured),
      })
      writeFolder(targetDirectory, checkpoint, model, summary)
      return summary
    } catch (error) {
      throw explainDiskFull(error, sentence`the model ${name} could not be written to ${targetDirectory}`)
    } finally {
      await hash.close()
      await writer.close()
      files.close()
    }
  }

function writeFolder(
  directory: string,
  checkpoint: LlamaCheckpoint,
  model: StoredModel,
  summary: ModelSummary,
): void {
  const { tokenizer, chatTemplate } = checkpoint
  const graph = lowerToStored(decoderGraph(model, weightsFile), model, weightsFile, null)
  writeFileSync(join(directory, graphFile), encodeOnnx(graph), { flush: true })
  writeModelFolder(directory, { summary, model, chatTemplate, tokenizer })
}

function summarize(
  checkpoint: LlamaCheckpoint,
  written: Pick<ModelSummary, 'name' | 'sizeBytes' | 'sourceHash' | 'quantization'>,
): ModelSummary {
  const { architecture, config } = checkpoint
  const sizes = [...checkpoint.tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1))
  return {
    ...written,
    architecture,
    parameterCount: sizes.reduce((a, b) => a + b, 0),
    layerCount: config.layerCount,
    hiddenSize: config.hiddenSize,
    vocabularySize: config.vocabularySize,
    contextLength: config.contextLength,
  }
}

/** Caches of downloads call files by their checksum: then what the model calls itself says more. */
function modelName(name: string, ownName: string | null): string {
  const isChecksum = /^(sha256[-_:])?[0-9a-f]{32,}$/i.test(name)
  return isChecksum ? ownName?.trim().slice(0, 200) || name : name
}

/** Of the tensors whose format has more scales than blocks hold: how far their weights moved, in the mean. */
function roundingNote(formats: Sentence, { error, weights }: RoundingError): Sentence {
  if (weights === 0) return formats
  const percent = Number((100 * Math.sqrt(error / weights)).toPrecision(1))
  return sentence`${formats}, in part rounded to 8 bits (by ${percent}%)`
}

/** Lets messages in, and leaves if one of them cancelled. */
async function goOn(signal: AbortSignal): Promise<void> {
  await nextTurn()
  if (signal.aborted) throw new Failure('import-cancelled', 'The import was cancelled.')
}
