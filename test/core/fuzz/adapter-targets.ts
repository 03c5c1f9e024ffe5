import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { ggufDataBytes, writeGguf } from '../../../src-main/core/checkpoint/gguf-writer.ts'
import { readSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import { decodeAdapter, encodeAdapter } from '../../../src-main/core/vera/adapter-file.ts'
import { unknownOrigin } from '../../../src-main/core/vera/adapter-origin.ts'
import { fuseLora } from '../../../src-main/core/vera/fused-adapter.ts'
import { ggufAdapter, readGgufAdapter } from '../../../src-main/core/vera/gguf-adapter.ts'
import { layoutVera } from '../../../src-main/core/vera/layout.ts'
import { readPeftAdapter, writePeftAdapter } from '../../../src-main/core/vera/peft-adapter.ts'
import { readFusedPeftAdapter } from '../../../src-main/core/vera/peft-fused.ts'
import { concat } from '../checkpoint/gguf-writer.ts'
import { llamaConfig } from '../vera/llama-config.ts'
import { mutateJson } from './damage.ts'
import { bytesOf, headerOf, type Target, textOf } from './target.ts'

const config = llamaConfig({})
/** Biases, which the base has not. */
const base = (): Float32Array => new Float32Array(64)

/** A small adapter as a file of our own, and as llama.cpp has it. */
const ownSettings = {
  rank: 2,
  targets: ['q_proj', 'up_proj'] as const,
  layers: [1],
  ranks: { up_proj: 1 },
  projectionKey: 7,
  dInitial: 0.1,
  dropout: 0.5,
  baseModelHash: 'ab',
  chatTemplateHash: 'cd',
  createdBy: 'veranda',
}
const ownLayout = layoutVera(config, ownSettings)
const llama = { architecture: 'llama', config: config }
const ownVectors = new Float32Array(ownLayout.length).fill(0.5)
const ownAdapter = encodeAdapter(ownSettings, ownLayout, ownVectors)
const { metadata: ggufMetadata, tensors: ggufTensors } = ggufAdapter(
  { settings: ownSettings, layout: ownLayout, vectors: ownVectors, storedProjections: null },
  llama,
  { ...unknownOrigin, name: 'Pim' },
)
const ggufLora = concat([...writeGguf(ggufMetadata, ggufTensors)])

/** A config and its tensors, as PEFT writes them. */
interface PeftFiles {
  readonly name: string
  readonly config: Uint8Array
  readonly tensors: Uint8Array
  read(config: string, tensors: Uint8Array): unknown
}

const folder = (name: string, path: string): PeftFiles => ({
  name,
  config: bytesOf(`reference/peft-adapters/${path}/adapter_config.json`),
  tensors: bytesOf(`reference/peft-adapters/${path}/adapter_model.safetensors`),
  read: (settings, tensors) => readPeftAdapter(settings, tensors, config, base),
})
const lora = folder('LoRA', 'lora_all_linear')

function overFusedMatrices(): PeftFiles {
  const separate = readPeftAdapter(textOf(lora.config), lora.tensors, config, base)
  const options = { baseModelName: null, savesProjections: false }
  const written = writePeftAdapter(fuseLora(separate, config), options, base)
  return {
    name: 'LoRA over fused matrices',
    config: new TextEncoder().encode(written.config),
    tensors: written.tensors,
    read: (settings, tensors) => readFusedPeftAdapter(settings, tensors, config),
  }
}

const peft = [folder('VeRA', 'vera_layer1_only'), lora, overFusedMatrices()]
const [{ tensors: smallest } = lora] = peft

export const adapterTargets: readonly Target[] = [
  {
    name: 'safetensors of an adapter',
    seedFile: smallest,
    header: headerOf(smallest),
    inputs: 30_000,
    open: (bytes) => readSafetensors(memorySource(bytes)),
  },
  ...peft.map((files): Target => ({
    name: `adapter_config.json of ${files.name}`,
    seedFile: files.config,
    inputs: 5_000,
    damage: (file, random) => mutateJson(file, 2, random),
    open: (bytes) => files.read(textOf(bytes), files.tensors),
  })),
  ...peft.map((files): Target => ({
    name: `adapter_model.safetensors of ${files.name}`,
    seedFile: files.tensors,
    header: headerOf(files.tensors),
    inputs: 5_000,
    open: (bytes) => files.read(textOf(files.config), bytes),
  })),
  {
    name: 'adapter files of our own',
    seedFile: ownAdapter,
    header: headerOf(ownAdapter),
    inputs: 10_000,
    open: (bytes) => decodeAdapter(bytes, config),
  },
  {
    name: 'adapters of llama.cpp',
    seedFile: ggufLora,
    header: ggufLora.length - ggufDataBytes(ggufTensors),
    inputs: 10_000,
    open: (bytes) => readGgufAdapter(memorySource(bytes), llama),
  },
]
