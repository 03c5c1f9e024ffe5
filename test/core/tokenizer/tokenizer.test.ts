import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readGguf } from '../../../src-main/core/checkpoint/gguf.ts'
import type { TokenizerDefinition } from '../../../src-main/core/tokenizer/definition.ts'
import { tokenizerFromGguf } from '../../../src-main/core/tokenizer/definition-from-gguf.ts'
import { createTokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'
import { fileSource } from '../checkpoint/file-source.ts'
import { hasRealModel, realModelPath } from '../real-model.ts'
import { smallTokenizer } from './small-tokenizer.ts'

const reference = new URL('../../golden/reference/', import.meta.url)

describe.skipIf(!hasRealModel)('SmolLM2', () => {
  interface Golden {
    readonly id: number
    readonly text: string
    readonly ids: readonly number[]
    readonly ids_parse_special_false?: readonly number[]
  }
  const { strings }: { strings: readonly Golden[] } = hasRealModel
    ? JSON.parse(readFileSync(new URL('smollm2/tokens.json', reference), 'utf8'))
    : { strings: [] }
  const definition = (): TokenizerDefinition => {
    const source = fileSource(realModelPath)
    const result = tokenizerFromGguf(readGguf(source).metadata)
    source.close()
    return result
  }
  // Through JSON, as a model folder keeps it.
  const tokenizer = hasRealModel
    ? createTokenizer(JSON.parse(JSON.stringify(definition())))
    : createTokenizer(smallTokenizer)

  test.each(strings.map((golden) => [golden.id, golden] as const))('string %i', (_id, golden) => {
    expect(tokenizer.encode(golden.text, { special: true })).toEqual(golden.ids)
    expect(tokenizer.encode(golden.text, { special: false })).toEqual(
      golden.ids_parse_special_false ?? golden.ids,
    )
    expect(tokenizer.decode(golden.ids)).toBe(golden.text)
  })

  test('knows its begin and end tokens', () => {
    expect(tokenizer.bosId).toBe(1)
    expect(tokenizer.eosIds).toEqual([2, 0])
    expect(tokenizer.specialIds.size).toBe(17)
    expect(tokenizer.tokenText(2)).toBe('<|im_end|>')
  })

  test('the bytes of tokens, one after the other, are the text', () => {
    const text = strings.map((golden) => golden.text).join('\n')
    const bytes = tokenizer.encode(text, { special: true }).flatMap((id) => [...tokenizer.tokenBytes(id)])
    expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))).toBe(text)
  })

  test('a long text takes no time to speak of, even without any place to cut', () => {
    const words = strings.map((golden) => golden.text).join(' ')
    const started = performance.now()
    tokenizer.encode(words.repeat(10).slice(0, 10_000), { special: false })
    // Quadratic merging would take minutes.
    const genome = tokenizer.encode('gattaca'.repeat(30_000), { special: false })
    expect(tokenizer.decode(genome)).toHaveLength(210_000)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('a small vocabulary', () => {
  const tokenizer = createTokenizer(smallTokenizer)
  const texts = (text: string, special = false): string[] =>
    tokenizer.encode(text, { special }).map((id) => tokenizer.tokenText(id))

  test('merges the first learned pair first, the leftmost of equals', () => {
    expect(texts('abc')).toEqual(['ab', 'c'])
    expect(texts('bcab')).toEqual(['bc', 'ab'])
    expect(texts('aaa')).toEqual(['aa', 'a'])
    expect(texts('aaaaa')).toEqual(['aaaa', 'a'])
  })

  test('control tokens only where they are asked for, user-defined ones always', () => {
    expect(texts('a<end>b<tool>', true)).toEqual(['a', '<end>', 'b', '<tool>'])
    expect(texts('<end><tool><end>')).toEqual([...'<end>', '<tool>', ...'<end>'])
    expect(tokenizer.splitSpecial('x<end><tool>y').map((part) => typeof part)).toEqual([
      'string',
      'number',
      'number',
      'string',
    ])
  })

  test('the longest control token wins', () => {
    expect(texts('<end><end>>', true)).toEqual(['<end>', '<end>>'])
  })

  test('half a character shows as a replacement, an unknown id as nothing', () => {
    const [first] = tokenizer.encode('é', { special: false })
    expect(first).toBeDefined()
    expect(tokenizer.tokenText(first ?? 0)).toBe('\ufffd')
    expect(tokenizer.tokenText(1_000_000)).toBe('')
    expect(tokenizer.decode([])).toBe('')
  })

  test('a byte order mark stays', () => {
    expect(tokenizer.decode(tokenizer.encode('\ufeffa', { special: false }))).toBe('\ufeffa')
  })

  test('whole pieces come before merges where the model says so', () => {
    const whole = createTokenizer({ ...smallTokenizer, ignoreMerges: true })
    expect(whole.encode('cab', { special: false })).toEqual([smallTokenizer.tokens.indexOf('cab')])
    expect(tokenizer.encode('cab', { special: false })).toHaveLength(2)
  })

  test('a byte without a token is left out', () => {
    const tokens = smallTokenizer.tokens.map((token) => (token === 'z' ? '' : token))
    const lacking = createTokenizer({ ...smallTokenizer, tokens })
    expect(lacking.decode(lacking.encode('azb', { special: false }))).toBe('ab')
  })
})
