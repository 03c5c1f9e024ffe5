/** Ids and decoded texts of real libraries: see test/golden/tokenizers/make_tokenizers.py. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TextStream } from '../../../src-main/core/generation/text-stream.ts'
import type { TokenizerDefinition } from '../../../src-main/core/tokenizer/definition.ts'
import { tokenizerFromGguf } from '../../../src-main/core/tokenizer/definition-from-gguf.ts'
import { tokenizerFromHuggingFace } from '../../../src-main/core/tokenizer/definition-from-huggingface.ts'
import { tokenizerFromSentencePiece } from '../../../src-main/core/tokenizer/definition-from-sentencepiece.ts'
import { protobufFields } from '../../../src-main/core/tokenizer/protobuf-reader.ts'
import { createTokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'

const golden = new URL('../../golden/tokenizers/', import.meta.url)
const read = (path: string): Buffer => readFileSync(new URL(path, golden))
const namesIn = (folder: string, end: string): string[] =>
  readdirSync(new URL(folder, golden))
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
/** Through JSON, as a model folder keeps it. */
const open = (definition: TokenizerDefinition) => createTokenizer(JSON.parse(JSON.stringify(definition)))

/** The id of `<unk>` in all of them. */
const unknown = 0

interface Case {
  readonly text: string
  readonly special: readonly number[]
  readonly plain: readonly number[]
  readonly decoded: string
}

describe.each(namesIn('huggingface/', '.json'))('%s.json as tokenizers reads it', (name) => {
  const file: { tokenizer: unknown; cases: Case[] } = JSON.parse(read(`huggingface/${name}.json`).toString())
  const tokenizer = open(tokenizerFromHuggingFace(file.tokenizer, null, []))

  test.each(file.cases.map((each) => [JSON.stringify(each.text), each] as const))('%s', (_text, each) => {
    expect(tokenizer.encode(each.text, { special: true })).toEqual(each.special)
    const plain = tokenizer.encode(each.text, { special: false })
    // Its Unigram finds control tokens in plain text all the same; here they are never found.
    if (name === 'unigram' && /<unk>|<\/?s>/.test(each.text))
      expect(plain.filter((id) => tokenizer.specialIds.has(id) && id !== unknown)).toEqual([])
    else expect(plain).toEqual(each.plain)
    expect(tokenizer.decode(each.special)).toBe(each.decoded)
    // Token by token, as an answer streams.
    const stream = new TextStream(tokenizer.dropsFirstSpace)
    const streamed = each.special.map((id) => stream.push(tokenizer.tokenBytes(id))).join('') + stream.end()
    expect(streamed).toBe(each.decoded)
  })
})

const sentencePiece = (name: string): TokenizerDefinition =>
  tokenizerFromSentencePiece(read(`sentencepiece/${name}.model`), null, [])

/** The entries of a GGUF file of the same tokenizer. */
function asGguf(name: string): ReadonlyMap<string, unknown> {
  const { tokens, scores, characters, controlIds, userDefinedIds } = sentencePiece(name)
  const typeOf = (id: number): number => {
    if (id === characters?.unknownId) return 2
    if (controlIds.includes(id)) return 3
    if (userDefinedIds.includes(id)) return 4
    return characters?.byteIds?.includes(id) ? 6 : 1
  }
  return new Map<string, unknown>([
    ['tokenizer.ggml.model', scores?.use === 'merges' ? 'llama' : 't5'],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.scores', scores?.values],
    ['tokenizer.ggml.token_type', tokens.map((_, id) => typeOf(id))],
    ['tokenizer.ggml.add_space_prefix', name !== 'gemma'],
    // Only this one's normalization is more than spaces.
    ...(name === 'unigram'
      ? [
          ['tokenizer.ggml.remove_extra_whitespaces', true] as const,
          ['tokenizer.ggml.precompiled_charsmap', [...charsmapOf(name)]] as const,
        ]
      : []),
  ])
}

function charsmapOf(name: string): Uint8Array {
  const find = (message: Uint8Array, field: number): Uint8Array =>
    [...protobufFields(message)].find((found) => found.field === field)?.bytes ?? new Uint8Array()
  return find(find(read(`sentencepiece/${name}.model`), 3), 2)
}

interface SentencePieceCase {
  readonly text: string
  readonly ids: readonly number[]
  readonly decoded: string
}

describe.each([
  ...namesIn('sentencepiece/', '.model').map((name) => ['tokenizer.model', name, sentencePiece] as const),
  ...['llama', 'gemma', 'unigram', 'unigram-bytes'].map(
    (name) => ['GGUF', name, (of: string) => tokenizerFromGguf(asGguf(of))] as const,
  ),
])('%s of %s as sentencepiece reads it', (_kind, name, definitionOf) => {
  const cases: SentencePieceCase[] = JSON.parse(read(`sentencepiece/${name}.json`).toString())
  const tokenizer = open(definitionOf(name))

  test.each(cases.map((each) => [JSON.stringify(each.text), each] as const))('%s', (_text, each) => {
    expect(tokenizer.encode(each.text, { special: false })).toEqual(each.ids)
    // SentencePiece shows an unknown token as a sign of its own, and takes a mark that was typed for a space.
    if (!each.text.startsWith('▁'))
      expect(tokenizer.decode(each.ids)).toBe(each.decoded.replaceAll(' ⁇ ', '<unk>'))
  })
})
