/** What GGUF files call a byte-level tokenizer's way of cutting text. */
import { sentence } from '../../contract/sentence.ts'
import { wholePieceNames } from './definition-from-gguf.ts'
import type { TokenizerDefinition } from './definition.ts'
import { notPortableTokenizer } from './failures.ts'
import { preTokenizersByGgufName } from './pre-tokenizers.ts'

type Cutting = Pick<TokenizerDefinition, 'preTokenizer' | 'ignoreMerges' | 'characters'>

/** Their files begin every text with the begin token. */
const beginNames = new Set(['llama-bpe', 'tekken'])

/** @throws Failure `tokenizer-not-portable` for one that llama.cpp has no name for */
export function ggufNameOf(cutting: Cutting): string {
  const name = findName(cutting)
  if (name !== null) return name
  throw notPortableTokenizer(sentence`the way it cuts text`)
}

/** Whether other programs are to begin a text with the begin token: the definition doesn't say, the family does. */
export function addsBos(cutting: Cutting): boolean {
  if (cutting.characters !== undefined) return true
  const name = findName(cutting)
  return name !== null && beginNames.has(name)
}

function findName({ preTokenizer, ignoreMerges }: Cutting): string | null {
  const wanted = plain(preTokenizer)
  const found = Object.entries(preTokenizersByGgufName).find(
    ([name, steps]) => plain(steps) === wanted && wholePieceNames.has(name) === ignoreMerges,
  )
  return found?.[0] ?? null
}

/** A tokenizer.json has the group of the contractions in brackets. */
function plain(steps: Cutting['preTokenizer']): string {
  return JSON.stringify(steps).replaceAll(/\(\?:([^()]*)\)/g, '$1')
}
