/** Tokenizers written for other programs and read again. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import { writeGguf } from '../../../src-main/core/checkpoint/gguf-writer.ts'
import { tokenizerFromGguf } from '../../../src-main/core/tokenizer/definition-from-gguf.ts'
import { tokenizerFromHuggingFace } from '../../../src-main/core/tokenizer/definition-from-huggingface.ts'
import { tokenizerFromSentencePiece } from '../../../src-main/core/tokenizer/definition-from-sentencepiece.ts'
import { tokenizerToGguf } from '../../../src-main/core/tokenizer/definition-to-gguf.ts'
import {
  tokenizerConfigToHuggingFace,
  tokenizerToHuggingFace,
} from '../../../src-main/core/tokenizer/definition-to-huggingface.ts'
import type { TokenizerDefinition } from '../../../src-main/core/tokenizer/definition.ts'
import { preTokenizersByGgufName } from '../../../src-main/core/tokenizer/pre-tokenizers.ts'
import { createTokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'
import { concat } from '../checkpoint/gguf-writer.ts'
import { smallTokenizer } from './small-tokenizer.ts'

const golden = new URL('../../golden/tokenizers/', import.meta.url)
const huggingFace = readdirSync(new URL('huggingface/', golden)).map((name) => {
  const file = JSON.parse(readFileSync(new URL(`huggingface/${name}`, golden), 'utf8')) as {
    readonly tokenizer: unknown
    readonly cases: readonly { readonly text: string }[]
  }
  const texts = file.cases.map(({ text }) => text)
  return { name, texts, definition: tokenizerFromHuggingFace(file.tokenizer, null, []) }
})
const sentencePiece = ['llama', 'gemma'].map((name) => {
  const bytes = readFileSync(new URL(`sentencepiece/${name}.model`, golden))
  return {
    name: `${name}.model`,
    texts: huggingFace[0]?.texts ?? [],
    definition: tokenizerFromSentencePiece(bytes, null, []),
  }
})

function asHuggingFace(definition: TokenizerDefinition): TokenizerDefinition {
  const json: unknown = JSON.parse(JSON.stringify(tokenizerToHuggingFace(definition)))
  const config: unknown = JSON.parse(JSON.stringify(tokenizerConfigToHuggingFace(definition, null, 512)))
  return tokenizerFromHuggingFace(json, config, definition.eosIds)
}

function asGguf(definition: TokenizerDefinition): TokenizerDefinition {
  const file = concat([...writeGguf(tokenizerToGguf(definition, null), [])])
  return tokenizerFromGguf(readGguf(memorySource(file)).metadata)
}

function expectSameIds(
  actual: TokenizerDefinition,
  expected: TokenizerDefinition,
  texts: readonly string[],
): void {
  const [read, own] = [createTokenizer(actual), createTokenizer(expected)]
  for (const text of texts) {
    for (const special of [true, false]) {
      const ids = own.encode(text, { special })
      expect(read.encode(text, { special }), JSON.stringify(text)).toEqual(ids)
      expect(read.decode(ids)).toBe(own.decode(ids))
    }
  }
}

describe('as tokenizer.json', () => {
  test.each(huggingFace.map((each) => [each.name, each] as const))('%s', (_name, { definition, texts }) => {
    if (JSON.stringify(definition.normalization ?? []).includes('charsmap')) {
      expect(() => asHuggingFace(definition)).toThrow('the way it normalizes text')
      return
    }
    expectSameIds(asHuggingFace(definition), definition, texts)
  })

  test('SentencePiece scores become merges', () => {
    const [llama] = sentencePiece
    if (llama === undefined) throw new Error('no model')
    expectSameIds(asHuggingFace(llama.definition), llama.definition, llama.texts)
  })
})

describe('as GGUF metadata', () => {
  test.each(sentencePiece.map((each) => [each.name, each] as const))('%s', (_name, { definition, texts }) => {
    expectSameIds(asGguf(definition), definition, texts)
  })

  test('Unigram with its map of characters', () => {
    const bytes = readFileSync(new URL('sentencepiece/unigram.model', golden))
    const definition = tokenizerFromSentencePiece(bytes, null, [])
    expect(JSON.stringify(definition.normalization)).toContain('charsmap')
    const texts = ['  two  spaces ', 'ﬁne Ｗｉｄｅ ½', 'Hello world', 'ünï 漢字 🙂', '']
    expectSameIds(asGguf(definition), definition, texts)
    expect(asGguf(definition).normalization).toEqual(definition.normalization)
  })

  test('Unigram whose words are cut at spaces first', () => {
    const [none, ...tokens] = ['<unk>', '▁', '▁he', 'llo', 'l', 'o', 'h', 'e', '▁wor', 'ld']
    const json = {
      model: { type: 'Unigram', unk_id: 0, vocab: [[none, 0], ...tokens.map((token, i) => [token, -1 - i])] },
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      added_tokens: [],
    }
    const definition = tokenizerFromHuggingFace(json, null, [])
    expectSameIds(asGguf(definition), definition, ['hello world', 'hello', 'he  llo'])
  })

  test.each(['unigram.json', 'unigram-bytes.json'])(
    'Unigram that llama.cpp reads otherwise is refused: %s',
    (name) => {
      const definition = huggingFace.find((one) => one.name === name)?.definition ?? expect.fail(name)
      expect(() => asGguf(definition)).toThrow(expect.objectContaining({ code: 'tokenizer-not-portable' }))
    },
  )

  test('merges become scores', () => {
    const llama = huggingFace.find(({ name }) => name === 'llama.json')
    if (llama === undefined) throw new Error('no tokenizer')
    expectSameIds(asGguf(llama.definition), llama.definition, ['Hello world', 'the  end', 'ünï 漢字 🙂'])
  })

  test.each(['gpt-2', 'smollm', 'qwen2', 'llama-bpe', 'tekken'])(
    'the pre-tokenizer %s keeps its name',
    (name) => {
      const definition = {
        ...smallTokenizer,
        preTokenizer: preTokenizersByGgufName[name] ?? [],
        ignoreMerges: name === 'llama-bpe' || name === 'tekken',
      }
      expect(tokenizerToGguf(definition, null).get('tokenizer.ggml.pre')?.value).toBe(name)
      expect(asGguf(definition)).toEqual({ ...definition, eosIds: [...definition.eosIds] })
    },
  )

  test('a tokenizer.json of Llama 3 is known by its pattern', () => {
    const regex = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    const json = {
      ...tokenizerToHuggingFace({ ...smallTokenizer, ignoreMerges: true }),
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
          { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
        ],
      },
    }
    const entries = tokenizerToGguf(tokenizerFromHuggingFace(json, null, []), 'template')
    expect(entries.get('tokenizer.ggml.pre')?.value).toBe('llama-bpe')
    expect(entries.get('tokenizer.ggml.add_bos_token')?.value).toBe(false)
    expect(entries.get('tokenizer.chat_template')?.value).toBe('template')
  })

  test('what llama.cpp has no name for is refused', () => {
    expect(() => tokenizerToGguf({ ...smallTokenizer, preTokenizer: ['x+'] }, null)).toThrow('cuts text')
  })
})
