import { byteCharacters } from '../../../src-main/core/tokenizer/byte-alphabet.ts'
import type { TokenizerDefinition } from '../../../src-main/core/tokenizer/definition.ts'

const merges = ['a b', 'b c', 'a a', 'aa aa']
const tokens = [
  ...byteCharacters,
  ...merges.map((merge) => merge.replace(' ', '')),
  'cab',
  '<s>',
  '<end>',
  '<end>>',
  '<tool>',
]
const id = (token: string): number => tokens.indexOf(token)

/** All bytes, a few merges, and tokens of each kind. */
export const smallTokenizer: TokenizerDefinition = {
  tokens,
  merges,
  preTokenizer: [],
  ignoreMerges: false,
  controlIds: [id('<s>'), id('<end>'), id('<end>>')],
  userDefinedIds: [id('<tool>')],
  bosId: id('<s>'),
  eosIds: [id('<end>')],
}
