/**
 * A blend as one safetensors file: the tensors of each adapter in it under `part.<i>.`, their settings in the
 * metadata (entry `veranda.blend`). An ordinary adapter file is read as its own only part.
 */
import { Failure } from '../../contract/failure.ts'
import type { SafetensorsData, SafetensorsFile, SafetensorsTensor } from '../checkpoint/safetensors.ts'

/** An adapter's tensors and the text of its settings, as an adapter file has them. */
export interface BlendPart {
  readonly settings: string
  readonly tensors: ReadonlyMap<string, SafetensorsData>
}

const blendKey = 'veranda.blend'
const formatVersion = 1
/** More would make answers slow: each part is computed beside the model's own layers. */
export const maxParts = 8

/** What `writeSafetensors` takes. */
export function blendContent(parts: readonly BlendPart[]): {
  readonly tensors: Map<string, SafetensorsData>
  readonly metadata: Map<string, string>
} {
  const named = parts.flatMap(({ tensors }, index) =>
    [...tensors].map(([name, data]): [string, SafetensorsData] => [`${prefixOf(index)}${name}`, data]),
  )
  const settings = parts.map((part) => part.settings)
  const metadata = new Map([
    ['format', 'pt'],
    [blendKey, JSON.stringify({ formatVersion, parts: settings })],
  ])
  return { tensors: new Map(named), metadata }
}

/** @throws Failure `adapter-broken`, `adapter-version` */
export function partsOf(file: SafetensorsFile): readonly SafetensorsFile[] {
  const text = file.metadata.get(blendKey)
  if (text === undefined) return [file]
  return readParts(text).map((settings, index) => ({
    metadata: new Map([['veranda', settings]]),
    tensors: new Map(
      [...file.tensors.values()].flatMap((tensor): [string, SafetensorsTensor][] =>
        tensor.name.startsWith(prefixOf(index)) ? [[tensor.name.slice(prefixOf(index).length), tensor]] : [],
      ),
    ),
  }))
}

const prefixOf = (index: number): string => `part.${index}.`

function readParts(text: string): readonly string[] {
  const content = parse(text)
  if (typeof content !== 'object' || content === null) throw broken()
  const version: unknown = Reflect.get(content, 'formatVersion')
  if (typeof version === 'number' && version > formatVersion) {
    throw new Failure(
      'adapter-version',
      'The blend was made by a newer version of Veranda. Update Veranda to use it.',
    )
  }
  const parts: unknown = Reflect.get(content, 'parts')
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > maxParts) throw broken()
  return parts.map((part: unknown) => {
    if (typeof part !== 'string') throw broken()
    return part
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw broken()
  }
}

function broken(): Failure {
  return new Failure('adapter-broken', 'The blend is damaged: its list of parts makes no sense. Blend again.')
}
