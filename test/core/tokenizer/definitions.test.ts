import { describe, expect, test } from 'vitest'
import { byteCharacters } from '../../../src-main/core/tokenizer/byte-alphabet.ts'
import { tokenizerFromGguf } from '../../../src-main/core/tokenizer/definition-from-gguf.ts'
import { tokenizerFromHuggingFace } from '../../../src-main/core/tokenizer/definition-from-huggingface.ts'
import { tokenizerFromSentencePiece } from '../../../src-main/core/tokenizer/definition-from-sentencepiece.ts'
import { makeSplitter } from '../../../src-main/core/tokenizer/pieces.ts'
import { createTokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'

const tokens = [...byteCharacters, 'ab', '<s>', '<|im_end|>', '<tool>', 'Ġ1', '12']
const types = tokens.map((token) =>
  token === '<tool>' ? 4 : token.startsWith('<') && token.length > 1 ? 3 : 1,
)
const merges = ['a b', 'Ġ 1', '1 2']

const gguf = (changes: Record<string, unknown> = {}): ReadonlyMap<string, unknown> =>
  new Map(
    Object.entries({
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'smollm',
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': types,
      'tokenizer.ggml.merges': merges,
      'tokenizer.ggml.bos_token_id': tokens.indexOf('<s>'),
      'tokenizer.ggml.eos_token_id': 99999,
      ...changes,
    }),
  )

const digits = { type: 'Digits', individual_digits: true }
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
const added = (content: string, special: boolean) => ({
  id: tokens.indexOf(content),
  content,
  special,
  single_word: false,
  lstrip: false,
  rstrip: false,
})
const json = (changes: Record<string, unknown> = {}, model: Record<string, unknown> = {}): unknown => ({
  added_tokens: [added('<s>', true), added('<|im_end|>', true), added('<tool>', false)],
  normalizer: null,
  pre_tokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevel] },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: merges.map((merge) => merge.split(' ')),
    ...model,
  },
  ...changes,
})

test("NFC is the text's form before it is cut, and what decoding gives", () => {
  const tokenizer = createTokenizer(tokenizerFromHuggingFace(json({ normalizer: { type: 'NFC' } }), null, []))
  const composed = tokenizer.encode('\u00e9', { special: false })
  expect(tokenizer.encode('e\u0301', { special: false })).toEqual(composed)
  expect(tokenizer.decode(composed)).toBe('\u00e9')
  expect(tokenizer.normalize('e\u0301')).toBe('\u00e9')
})

test('GGUF and Hugging Face files of one tokenizer give the same definition', () => {
  const fromGguf = tokenizerFromGguf(gguf())
  const fromJson = tokenizerFromHuggingFace(
    json(),
    { bos_token: { content: '<s>' }, eos_token: '<|im_end|>' },
    [],
  )
  expect(fromJson).toEqual(fromGguf)
  expect(fromGguf.bosId).toBe(tokens.indexOf('<s>'))
  expect(fromGguf.eosIds).toEqual([tokens.indexOf('<|im_end|>')])
})

test('the declared end tokens come first, each once', () => {
  const definition = tokenizerFromHuggingFace(json(), null, [
    tokens.indexOf('<s>'),
    tokens.indexOf('<s>'),
    5_000,
  ])
  expect(definition.eosIds).toEqual([tokens.indexOf('<s>'), tokens.indexOf('<|im_end|>')])
  expect(definition.bosId).toBeNull()
})

describe('cutting into pieces', () => {
  const pieces = (preTokenizer: unknown, text: string): string[] => {
    const definition = tokenizerFromHuggingFace(json({ pre_tokenizer: preTokenizer }), null, [])
    // Every piece becomes one token, so that the tokens show the cuts.
    const alphabet = [...byteCharacters]
    const whole = new Map<string, number>()
    const bytes = new TextEncoder().encode(text)
    for (let start = 0; start < bytes.length; start++) {
      for (let end = start + 2; end <= bytes.length; end++) {
        const piece = Array.from(bytes.subarray(start, end), (byte) => byteCharacters[byte]).join('')
        if (!whole.has(piece)) whole.set(piece, alphabet.push(piece) - 1)
      }
    }
    const tokenizer = createTokenizer({
      ...definition,
      tokens: alphabet,
      controlIds: [],
      userDefinedIds: [],
      ignoreMerges: true,
    })
    return tokenizer.encode(text, { special: false }).map((id) => tokenizer.tokenText(id))
  }
  const split = (Regex: string) => ({
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
      { ...byteLevel, use_regex: false },
    ],
  })
  const llama3 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

  test('GPT-2', () => {
    expect(pieces(byteLevel, "it's  2 ok!?\n\n x")).toEqual([
      'it',
      "'s",
      ' ',
      ' 2',
      ' ok',
      '!?',
      '\n\n',
      ' x',
    ])
  })

  test('white space is what Unicode says it is', () => {
    // U+0085 is, U+FEFF is not; JavaScript's \s has it the other way round.
    expect(pieces(byteLevel, 'a\u0085\u0085b')).toEqual(['a', '\u0085', '\u0085', 'b'])
    expect(pieces(byteLevel, 'a\ufeff!b')).toEqual(['a', '\ufeff!', 'b'])
  })

  test('single digits first, of any script', () => {
    expect(pieces({ type: 'Sequence', pretokenizers: [digits, byteLevel] }, 'a 12 ٣')).toEqual([
      'a',
      ' ',
      '1',
      '2',
      ' ',
      '٣',
    ])
  })

  test('Llama 3, also by its GGUF name', () => {
    const text = "I'LL pay 1234567 (now)\r\n  \n ok"
    const expected = ['I', "'LL", ' pay', ' ', '123', '456', '7', ' (', 'now', ')\r\n', '  \n', ' ok']
    expect(pieces(split(llama3), text)).toEqual(expected)
    const named = tokenizerFromGguf(gguf({ 'tokenizer.ggml.pre': 'llama-bpe' }))
    expect(named.ignoreMerges).toBe(true)
    expect(makeSplitter(named.preTokenizer)(text)).toEqual(expected)
  })

  test('a literal pattern', () => {
    const literal = { type: 'Split', pattern: { String: '.' }, behavior: 'Isolated' }
    expect(
      pieces({ type: 'Sequence', pretokenizers: [literal, { ...byteLevel, use_regex: false }] }, 'a.b'),
    ).toEqual(['a', '.', 'b'])
  })
})

describe('what is not supported is named', () => {
  const cases: [string, () => unknown, RegExp][] = [
    ['another kind in GGUF', () => tokenizerFromGguf(gguf({ 'tokenizer.ggml.model': 'bert' })), /kind bert/],
    [
      'an unknown name',
      () => tokenizerFromGguf(gguf({ 'tokenizer.ggml.pre': 'viking' })),
      /pre-tokenizer viking/,
    ],
    ['no name', () => tokenizerFromGguf(gguf({ 'tokenizer.ggml.pre': undefined })), /without a name/],
    [
      'WordPiece',
      () => tokenizerFromHuggingFace(json({}, { type: 'WordPiece' }), null, []),
      /kind WordPiece/,
    ],
    [
      'byte fallback over bytes',
      () => tokenizerFromHuggingFace(json({}, { byte_fallback: true }), null, []),
      /byte_fallback/,
    ],
    [
      'a normalizer',
      () => tokenizerFromHuggingFace(json({ normalizer: { type: 'Nmt' } }), null, []),
      /normalizer Nmt/,
    ],
    [
      'a pre-tokenizer',
      () =>
        tokenizerFromHuggingFace(
          json({
            pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'UnicodeScripts' }, byteLevel] },
          }),
          null,
          [],
        ),
      /pre-tokenizer UnicodeScripts/,
    ],
    [
      'characters without a decoder of their marks',
      () => tokenizerFromHuggingFace(json({ pre_tokenizer: null }), null, []),
      /marks of spaces/,
    ],
    [
      'words of a SentencePiece model',
      () => tokenizerFromSentencePiece(Uint8Array.of(0x0a, 3, 0x0a, 1, 0x61, 0x12, 2, 0x18, 3), null, []),
      /words or characters/,
    ],
  ]
  test.each(cases)('%s', (_name, read, message) => {
    expect(read).toThrow(expect.objectContaining({ code: 'tokenizer-unsupported' }))
    expect(read).toThrow(message)
  })

  test.each([
    ['no merges', () => tokenizerFromGguf(gguf({ 'tokenizer.ggml.merges': undefined }))],
    ['tokens that are numbers', () => tokenizerFromGguf(gguf({ 'tokenizer.ggml.tokens': [1, 2] }))],
    ['an id out of bounds', () => tokenizerFromHuggingFace(json({}, { vocab: { a: 1e12 } }), null, [])],
    ['a list', () => tokenizerFromHuggingFace([], null, [])],
    [
      'tokens without scores',
      () => tokenizerFromHuggingFace(json({}, { type: 'Unigram', vocab: ['a'] }), null, []),
    ],
    ['no scores', () => tokenizerFromGguf(gguf({ 'tokenizer.ggml.model': 'llama' }))],
    ['a tokenizer.model without tokens', () => tokenizerFromSentencePiece(new Uint8Array(0), null, [])],
    ['a tokenizer.model that ends early', () => tokenizerFromSentencePiece(Uint8Array.of(0x0a, 9), null, [])],
  ])('%s', (_name, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'tokenizer-broken' }))
  })
})
