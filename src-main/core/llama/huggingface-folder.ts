/** Reads the parts of a model folder as Hugging Face's `save_pretrained` writes it. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { ByteSource } from '../checkpoint/byte-source.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import type { SafetensorsTensor } from '../checkpoint/safetensors.ts'
import type { TokenizerDefinition } from '../tokenizer/definition.ts'
import { tokenizerFromHuggingFace } from '../tokenizer/definition-from-huggingface.ts'
import { tokenizerFromSentencePiece } from '../tokenizer/definition-from-sentencepiece.ts'
import { configFromHuggingFace } from './config-from-huggingface.ts'
import type { LlamaConfig } from './config.ts'

/** The largest tokenizer.json files have some 35 MB; more is no settings file. */
const maxSettingsBytes = 200_000_000

export interface HuggingFaceParts {
  readonly architecture: string
  readonly config: LlamaConfig
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>
  readonly tokenizer: TokenizerDefinition | null
  readonly chatTemplate: string | null
  readonly name: string | null
}

type Files = ReadonlyMap<string, ByteSource>
type Json = Readonly<Record<string, unknown>>

export function openHuggingFaceParts(files: Files): HuggingFaceParts {
  const config = readJson(files, 'config.json')
  if (!config) throw missingFile('config.json')
  const tokenizerConfig = readJson(files, 'tokenizer_config.json')
  const generation = readJson(files, 'generation_config.json') ?? {}
  const eosIds = [generation['eos_token_id'], config['eos_token_id']]
    .flat()
    .filter((id) => typeof id === 'number')
  const name = config['_name_or_path']
  return {
    architecture: String(config['model_type']),
    config: configFromHuggingFace(config),
    tensors: readShards(files),
    tokenizer: readTokenizer(files, tokenizerConfig, eosIds),
    chatTemplate: readText(files, 'chat_template.jinja') ?? templateOf(tokenizerConfig),
    name: typeof name === 'string' && name !== '' ? name : null,
  }
}

/** Of tokenizer.json, or else of SentencePiece's tokenizer.model, which older folders have alone. */
function readTokenizer(
  files: Files,
  tokenizerConfig: Json | null,
  eosIds: readonly number[],
): TokenizerDefinition | null {
  const json = readJson(files, 'tokenizer.json')
  if (json !== null) return tokenizerFromHuggingFace(json, tokenizerConfig, eosIds)
  const model = readBytes(files, 'tokenizer.model')
  return model && tokenizerFromSentencePiece(model, tokenizerConfig, eosIds)
}

/** One file, or those that model.safetensors.index.json names. */
function readShards(files: Files): Map<string, SafetensorsTensor> {
  const single = files.get('model.safetensors')
  if (single) return new Map(readSafetensors(single).tensors)
  const index = readJson(files, 'model.safetensors.index.json')
  if (!index) throw missingFile('model.safetensors')
  const weightMap = index['weight_map']
  if (!isRecord(weightMap)) {
    throw new Failure('model-folder', "The model folder's model.safetensors.index.json has no weight_map.")
  }
  const shards = new Map<string, ReadonlyMap<string, SafetensorsTensor>>()
  const tensors = new Map<string, SafetensorsTensor>()
  for (const [name, file] of Object.entries(weightMap)) {
    const fileName = String(file)
    const source = files.get(fileName)
    if (!source) throw missingFile(fileName)
    const shard = shards.get(fileName) ?? readSafetensors(source).tensors
    shards.set(fileName, shard)
    const tensor = shard.get(name)
    if (!tensor) {
      throw new Failure(
        'model-tensor',
        sentence`The file ${fileName} lacks the tensor ${name}. Download it again.`,
      )
    }
    tensors.set(name, tensor)
  }
  return tensors
}

/** One template, or a list of named ones of which `default` is the chat's. */
function templateOf(tokenizerConfig: Json | null): string | null {
  const template = tokenizerConfig?.['chat_template']
  if (typeof template === 'string') return template
  if (!Array.isArray(template)) return null
  const entry: unknown = template.find((item) => isRecord(item) && item['name'] === 'default')
  return isRecord(entry) && typeof entry['template'] === 'string' ? entry['template'] : null
}

function readJson(files: Files, name: string): Json | null {
  const text = readText(files, name)
  if (text === null) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Failure('model-folder', sentence`The model folder's ${name} is not JSON. Download it again.`, {
      cause,
    })
  }
  if (!isRecord(value))
    throw new Failure('model-folder', sentence`The model folder's ${name} is not a JSON object.`)
  return value
}

function readText(files: Files, name: string): string | null {
  const bytes = readBytes(files, name)
  return bytes && new TextDecoder().decode(bytes)
}

function readBytes(files: Files, name: string): Uint8Array | null {
  const source = files.get(name)
  if (!source) return null
  if (source.size > maxSettingsBytes) {
    throw new Failure(
      'model-folder',
      sentence`The model folder's ${name} has ${source.size} bytes, too many for such a file.`,
    )
  }
  return source.read(0, source.size)
}

function missingFile(name: string): Failure {
  return new Failure(
    'model-folder',
    sentence`The model folder lacks the file ${name}. Download it again, or pick another folder.`,
  )
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
