/** Whether a file with a model's settings says all of them. */
import { sentence, type Sentence } from '../../contract/sentence.ts'
import { attentionKinds } from './attention-kinds.ts'
import type { LlamaConfig } from './config.ts'
import { notPortableModel } from './not-portable.ts'
import { inverseFrequencies, rotaryScale } from './rope.ts'

/** Of the settings that a format may have no place for, what they are. */
const words: Partial<Readonly<Record<keyof LlamaConfig, Sentence>>> = {
  attentionBias: sentence`which of its projections have biases`,
  mlpBias: sentence`biases of its MLP`,
  activation: sentence`the activation of its MLP`,
  slidingWindow: sentence`its sliding window`,
  windowedLayers: sentence`the layers that have its sliding window`,
  windowedRopeTheta: sentence`the rotary base of its windowed layers`,
  unrotatedLayers: sentence`the layers that it does not rotate`,
  embeddingScale: sentence`the scale of its embeddings`,
  scoreScale: sentence`the scale of its attention's scores`,
  scoreCap: sentence`the cap of its attention's scores`,
  logitCap: sentence`the cap of its logits`,
}

/** Files hold float32. */
const tolerance = 1e-5

/**
 * @param read what a reader of the file makes of it
 * @throws Failure `model-not-portable` where that is another model
 */
export function checkWritten(config: LlamaConfig, read: LlamaConfig): void {
  const { ropeScaling: _, ...own } = config
  const { ropeScaling: __, ...other } = read
  const isSame = (key: string): boolean => same(Reflect.get(own, key), Reflect.get(other, key))
  const lost = Object.keys({ ...own, ...other }).find((key) => !isSame(key))
  if (lost !== undefined)
    throw notPortableModel(
      Object.entries(words).find(([key]) => key === lost)?.[1] ?? sentence`its setting ${lost}`,
    )
  if (!same(rotation(config), rotation(read))) throw notPortableModel(sentence`its rotary scaling`)
}

function rotation(config: LlamaConfig): unknown {
  return attentionKinds(config).map(({ rotary }) => [[...inverseFrequencies(rotary)], rotaryScale(rotary)])
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return a === b || Math.abs(a - b) <= tolerance * Math.abs(a)
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, index) => same(value, b[index]))
  return a === b
}
