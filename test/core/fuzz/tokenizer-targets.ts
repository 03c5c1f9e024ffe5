import { openHuggingFaceFolder } from '../../../src-main/core/llama/llama-checkpoint.ts'
import { byteCharacters } from '../../../src-main/core/tokenizer/byte-alphabet.ts'
import { encodeChat } from '../../../src-main/core/tokenizer/chat-template.ts'
import type { TokenizerDefinition } from '../../../src-main/core/tokenizer/definition.ts'
import { tokenizerFromHuggingFace } from '../../../src-main/core/tokenizer/definition-from-huggingface.ts'
import { tokenizerFromSentencePiece } from '../../../src-main/core/tokenizer/definition-from-sentencepiece.ts'
import { createTokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'
import { json, mutate, mutateJson, parsed } from './damage.ts'
import { folderOf } from './model-targets.ts'
import { bytesOf, type Target, textOf } from './target.ts'

const tokenizerJson = json({
  added_tokens: [{ id: 256, content: '<s>', special: true }],
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Digits', individual_digits: true },
      { type: 'ByteLevel', add_prefix_space: false },
    ],
  },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries([...byteCharacters, '<s>', 'ab', 'abc'].map((token, id) => [token, id])),
    merges: ['a b', ['ab', 'c']],
  },
})
const definition = tokenizerFromHuggingFace(parsed(tokenizerJson), null, [])

/** Part of a JSON file of golden values. */
function goldenPart(path: string, key: string): unknown {
  const file = parsed(bytesOf(path))
  return typeof file === 'object' && file !== null
    ? Object.entries(file).find(([name]) => name === key)?.[1]
    : null
}

const template = String(goldenPart('reference/smollm2/chat.json', 'chat_template'))
const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: ' <s> abc \n' },
  { role: 'assistant', content: 'Yes.' },
]
const chat = (tokenizer: TokenizerDefinition, chatTemplate: string): unknown =>
  encodeChat(createTokenizer(tokenizer), chatTemplate, messages, { addGenerationPrompt: true })

const text = 'the fi\u0301  \u{1f642}'
const encodeText = (bytes: Uint8Array, sample: string): unknown =>
  createTokenizer(tokenizerFromHuggingFace(parsed(bytes), null, [])).encode(sample, { special: true })

export const tokenizerTargets: readonly Target[] = [
  {
    name: 'tokenizer.json',
    seedFile: tokenizerJson,
    inputs: 15_000,
    damage: (file, random) => mutateJson(file, 1, random),
    open: (bytes) => encodeText(bytes, 'abc 12 \u00e9'),
  },
  {
    name: 'tokenizer.json of characters',
    seedFile: json(goldenPart('tokenizers/huggingface/unigram.json', 'tokenizer')),
    inputs: 5_000,
    damage: (file, random) => mutateJson(file, 2, random),
    open: (bytes) => encodeText(bytes, text),
  },
  ...['llama', 'unigram'].map((kind): Target => ({
    name: `tokenizer.model (${kind})`,
    seedFile: bytesOf(`tokenizers/sentencepiece/${kind}.model`),
    inputs: 5_000,
    open(bytes) {
      const tokenizer = createTokenizer(tokenizerFromSentencePiece(bytes, null, []))
      return tokenizer.decode(tokenizer.encode(text, { special: true }))
    },
  })),
  {
    name: 'tokenizer_config.json',
    seedFile: json({
      ...{ tokenizer_class: 'LlamaTokenizer', add_bos_token: true, add_eos_token: false, legacy: true },
      ...{ bos_token: '<s>', eos_token: { content: 'abc', special: true }, unk_token: null },
      added_tokens_decoder: { 256: { content: '<s>', special: true, lstrip: false } },
      chat_template: [{ name: 'default', template }],
    }),
    inputs: 5_000,
    damage: (file, random) =>
      random() < 0.5 ? mutate(file, file.length, random) : mutateJson(file, 2, random),
    open(bytes) {
      const opened = openHuggingFaceFolder(
        folderOf({ 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': bytes }),
      )
      if (opened.tokenizer !== null) chat(opened.tokenizer, opened.chatTemplate ?? template)
    },
  },
  {
    name: 'chat templates',
    seedFile: new TextEncoder().encode(template),
    inputs: 10_000,
    open: (bytes) => chat(definition, textOf(bytes)),
  },
]
