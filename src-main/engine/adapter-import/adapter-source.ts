/** What a person may import as an adapter: a file of our own, a folder of PEFT's, a GGUF file of llama.cpp's. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { memorySource } from '../../core/checkpoint/byte-source.ts'
import { readSafetensors } from '../../core/checkpoint/safetensors.ts'
import { readAdapterSettings } from '../../core/vera/adapter-file.ts'
import {
  type AdapterOrigin,
  originFromJson,
  originKey,
  unknownOrigin,
} from '../../core/vera/adapter-origin.ts'
import { ggufAdapterOrigin } from '../../core/vera/gguf-adapter.ts'
import { parsePeftConfig } from '../../core/vera/peft-config.ts'
import type { PortableAdapter } from '../../core/vera/to-lora.ts'
import { readGgufLora } from '../export/gguf-lora.ts'
import { peftConfigFile, peftTensorFile, readPeftFolder } from '../export/peft-folder.ts'
import { openFileSource } from '../file-source.ts'
import type { LoadedModel } from '../loaded-model.ts'
import { readAdapters } from '../open-adapter.ts'

export interface AdapterSource {
  readonly origin: AdapterOrigin
  /** The adapter on a model, or those of a blend; fails where it doesn't fit. */
  read(model: LoadedModel): readonly PortableAdapter[]
}

/** Larger than any adapter that a personal computer runs; keeps a mistaken choice from filling the memory. */
const maxAdapterBytes = 2 ** 32

/**
 * @throws Failure `file-missing`, `adapter-too-large`, `adapter-unknown-kind` where it is nothing of the three, or what
 *   their readers throw
 */
export function openAdapterSource(given: string): AdapterSource {
  const path = sourcePath(given)
  if (statSync(path).isDirectory()) return peftFolder(path)
  const start = startOf(path)
  if (start.toString('latin1', 0, 4) === 'GGUF') return ggufFile(path)
  // A safetensors file: the length of its header, then that as JSON.
  if (start.toString('latin1', 8) === '{') return verandaFile(path)
  throw new Failure(
    'adapter-unknown-kind',
    sentence`${path} is no adapter. Choose a .veranda-adapter file, the folder of a PEFT adapter or a LoRA for llama.cpp (.gguf).`,
  )
}

/** The folder where one of its files was chosen, which is all that a file dialog lets people do. */
function sourcePath(given: string): string {
  const found = statSync(given, { throwIfNoEntry: false })
  if (found === undefined) {
    throw new Failure(
      'file-missing',
      sentence`There is no file or folder ${given}. Check the path and try again.`,
    )
  }
  if (found.isDirectory()) {
    for (const file of [peftConfigFile, peftTensorFile]) checkFile(join(given, file))
    return given
  }
  checkFile(given)
  const isOfFolder = [peftConfigFile, peftTensorFile].includes(basename(given))
  return isOfFolder && existsSync(join(dirname(given), peftConfigFile)) ? sourcePath(dirname(given)) : given
}

function checkFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) {
    throw new Failure(
      'adapter-incomplete',
      sentence`A PEFT folder has an ${peftConfigFile} and an ${peftTensorFile}; there is no ${path}. Choose the folder that holds both.`,
    )
  }
  if (found.size > maxAdapterBytes) {
    throw new Failure(
      'adapter-too-large',
      sentence`${path} has ${found.size} bytes, which no adapter has. A whole model is imported on the Models screen.`,
    )
  }
}

function startOf(path: string): Buffer {
  const source = openFileSource(path)
  try {
    return Buffer.from(source.read(0, Math.min(9, source.size)))
  } finally {
    source.close()
  }
}

function peftFolder(path: string): AdapterSource {
  const config = parsePeftConfig(readFileSync(join(path, peftConfigFile), 'utf8'))
  const origin = originOfSafetensors(readFileSync(join(path, peftTensorFile)))
  return {
    origin: { ...origin, baseModelName: origin.baseModelName ?? config.baseModelName },
    read: (model) => [readPeftFolder(path, model)],
  }
}

function ggufFile(path: string): AdapterSource {
  const source = openFileSource(path)
  try {
    return { origin: ggufAdapterOrigin(source), read: (model) => [readGgufLora(path, model)] }
  } finally {
    source.close()
  }
}

function verandaFile(path: string): AdapterSource {
  const bytes = readFileSync(path)
  const { baseModelHash } = readAdapterSettings(bytes)
  return {
    origin: { ...originOfSafetensors(bytes), baseModelHash },
    read: ({ folder }) => readAdapters(path, folder).adapters,
  }
}

function originOfSafetensors(bytes: Uint8Array): AdapterOrigin {
  const own = readSafetensors(memorySource(bytes)).metadata.get(originKey)
  return own === undefined ? unknownOrigin : originFromJson(own)
}
