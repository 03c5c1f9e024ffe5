import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { makeSplitter } from '../../../src-main/core/tokenizer/pieces.ts'
import {
  preTokenizerByGgufName,
  preTokenizerFromJson,
} from '../../../src-main/core/tokenizer/pre-tokenizers.ts'

interface Cut {
  readonly pattern: string
  readonly pieces: readonly (readonly string[])[]
}

const { texts, ...cuts }: { readonly texts: readonly string[] } & Readonly<Record<string, Cut>> = JSON.parse(
  readFileSync(new URL('../../golden/tokenizers/pieces.json', import.meta.url), 'utf8'),
)

describe.each(Object.entries(cuts))(
  "%s cuts as Hugging Face's tokenizers do",
  (name, { pattern, pieces }) => {
    test.each([
      ['by its name in GGUF', () => preTokenizerByGgufName(name)],
      [
        'by its pattern in tokenizer.json',
        () =>
          preTokenizerFromJson({
            type: 'Sequence',
            pretokenizers: [
              { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
              { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
            ],
          }),
      ],
    ] as const)('%s', (_how, preTokenizer) => {
      const split = makeSplitter(preTokenizer())
      for (const [index, text] of texts.entries()) expect(split(text), text).toEqual(pieces[index])
    })
  },
)
