import { createHash } from 'node:crypto'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Failure } from '../contract/failure.ts'
import { encodeOnnx } from '../core/graph/onnx-file.ts'
import { decoderGraph, lowerToStored } from '../core/llama/decoder-graph.ts'
import { type LlamaCheckpoint, openGguf, openHuggingFaceFolder } from '../core/llama/llama-checkpoint.ts'
import type { StoredModel, StoredWeight } from '../core/llama/stored-model.ts'
import type { RoundingError } from '../core/checkpoint/quantize-blocks.ts'
import type { Codecs } from './native-codecs.ts'
import type { ModelSummary } from './contract.ts'
import { explainDiskFull } from './disk-full.ts'
import { type FileSource, openFileSource } from './file-source.ts'
import {
  folderVersion,
  graphFile,
  manifestFile,
  type ModelManifest,
  tokenizerFile,
  weightsFile,
} from './model-folder.ts'
import type { Operation } from './operation-table.ts'
import { WeightsWriter } from './weights-writer.ts'

const hashPieceBytes = 4 * 1024 * 1024

/**
 * Turns a GGUF file or a Hugging Face folder into a model folder (see `model-folder.ts`), tensor by tensor. The
 * target directory must exist and be empty; the caller makes it the model's folder, or removes it on a failure.
 */
export const importModel = (codecs: Codecs): Operation<'importModel'> =>
  async function* ({ sourcePath, targetDirectory, name }, signal) {
    const sources = openSources(sourcePath)
    try {
      const checkpoint = openCheckpoint(sourcePath, sources)
      // The file is read twice: once for its hash, once for its weights.
      const sourceBytes = [...sources.values()].reduce((sum, source) => sum + source.size, 0)
      const totalBytes = 2 * sourceBytes
      let doneBytes = 0
      const hash = createHash('sha256')
      for (const source of sources.values()) {
        for (let offset = 0; offset < source.size; offset += hashPieceBytes) {
          const piece = source.read(offset, Math.min(hashPieceBytes, source.size - offset))
          hash.update(piece)
          doneBytes += piece.length
          yield { doneBytes, totalBytes }
          await goOn(signal)
        }
      }
      const writer = new WeightsWriter(join(targetDirectory, weightsFile), codecs)
      const weights: Record<string, StoredWeight> = {}
      const rounded = { error: 0, weights: 0 }
      for (const tensor of checkpoint.tensors.values()) {
        const { stored, rounding } = writer.write(tensor)
        weights[tensor.name] = stored
        rounded.error += rounding?.error ?? 0
        rounded.weights += rounding?.weights ?? 0
        yield { doneBytes: Math.min(sourceBytes + writer.length, totalBytes), totalBytes }
        await goOn(signal)
      }
      writer.finish()
      const summary = summarize(checkpoint, name, writer.length, hash.digest('hex'), rounded)
      writeFolder(targetDirectory, checkpoint, { config: checkpoint.config, weights }, summary)
      return summary
    } catch (error) {
      throw explainDiskFull(error, `the model ${name} could not be written to ${targetDirectory}`)
    } finally {
      for (const source of sources.values()) source.close()
    }
  }

function writeFolder(
  directory: string,
  checkpoint: LlamaCheckpoint,
  model: StoredModel,
  summary: ModelSummary,
): void {
  const manifest: ModelManifest = {
    version: folderVersion,
    summary,
    model,
    chatTemplate: checkpoint.chatTemplate,
  }
  const graph = lowerToStored(decoderGraph(model, weightsFile), model, weightsFile, null)
  writeFileSync(join(directory, graphFile), encodeOnnx(graph), { flush: true })
  writeFileSync(join(directory, tokenizerFile), JSON.stringify(checkpoint.tokenizer), { flush: true })
  writeFileSync(join(directory, manifestFile), JSON.stringify(manifest), { flush: true })
}

function summarize(
  checkpoint: LlamaCheckpoint,
  name: string,
  sizeBytes: number,
  sourceHash: string,
  rounded: RoundingError,
): ModelSummary {
  const { architecture, config, quantization } = checkpoint
  const sizes = [...checkpoint.tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1))
  return {
    name,
    architecture,
    parameterCount: sizes.reduce((a, b) => a + b, 0),
    layerCount: config.layerCount,
    hiddenSize: config.hiddenSize,
    vocabularySize: config.vocabularySize,
    contextLength: config.contextLength,
    quantization: quantization + roundingNote(rounded),
    sizeBytes,
    sourceHash,
  }
}

/** Of the tensors whose format has more scales than blocks hold: how far their weights moved, in the mean. */
function roundingNote({ error, weights }: RoundingError): string {
  if (weights === 0) return ''
  return `, in part rounded to 8 bits (by ${(100 * Math.sqrt(error / weights)).toPrecision(1)}%)`
}

/** The files of the source by their names, in the order of their names. */
function openSources(sourcePath: string): ReadonlyMap<string, FileSource> {
  const isDirectory = statSync(sourcePath, { throwIfNoEntry: false })?.isDirectory()
  if (isDirectory === undefined) {
    throw new Failure(
      'file-missing',
      `There is no file or folder ${sourcePath}. Check the path and try again.`,
    )
  }
  if (!isDirectory) return new Map([[basename(sourcePath), openFileSource(sourcePath)]])
  const names = readdirSync(sourcePath, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(json|safetensors|jinja)$/.test(entry.name))
    .map((entry) => entry.name)
    .toSorted()
  return new Map(names.map((file) => [file, openFileSource(join(sourcePath, file))]))
}

function openCheckpoint(sourcePath: string, sources: ReadonlyMap<string, FileSource>): LlamaCheckpoint {
  const [file] = sources.values()
  if (statSync(sourcePath).isDirectory()) return openHuggingFaceFolder(sources)
  if (file === undefined) throw new Failure('file-missing', `There is no file ${sourcePath}.`)
  return openGguf(file)
}

/** Lets messages in, and leaves if one of them cancelled. */
async function goOn(signal: AbortSignal): Promise<void> {
  await nextTurn()
  if (signal.aborted) throw new Failure('import-cancelled', 'The import was cancelled.')
}
