import { join } from 'node:path'
import { renderChat } from '../../../src-main/core/tokenizer/chat-rendering.ts'
import { encodeChat } from '../../../src-main/core/tokenizer/chat-template.ts'
import type { Tokenizer } from '../../../src-main/core/tokenizer/tokenizer.ts'
import type { ChatMessage } from '../../../src-main/core/tokenizer/chat-rendering.ts'
import { Check } from '../check.ts'
import { readJson } from '../fixtures.ts'
import { withFolder } from '../imported-model.ts'
import type { ModelKind } from '../kind.ts'

interface Tokens {
  readonly vocab_size: number
  readonly strings: readonly {
    readonly id: number
    readonly text: string
    readonly ids: readonly number[]
    readonly count: number
    readonly ids_parse_special_false?: readonly number[]
    /** Where it isn't the text. */
    readonly decoded?: string
  }[]
}
interface Conversation {
  readonly messages: readonly ChatMessage[]
  readonly text: string
  readonly ids: readonly number[]
  readonly text_with_generation_prompt: string
  readonly ids_with_generation_prompt: readonly number[]
}
interface Chats {
  readonly chat_template: string
  readonly conversations: readonly Conversation[]
}

/** Token ids as llama.cpp and the original tokenizer give them, and conversations by the model's template. */
export const smollm2Text: ModelKind = {
  name: 'smollm2 text',
  path: 'smollm2/tokens.json',
  check(reference, { directory }) {
    const check = new Check()
    const tokens = readJson<Tokens>(join(reference, 'smollm2', 'tokens.json'))
    const chats = readJson<Chats>(join(reference, 'smollm2', 'chat.json'))
    return withFolder(directory, async (model) => {
      const { tokenizer, chatTemplate } = model
      check.equal('vocabulary', model.folder.tokenizer?.tokens.length, tokens.vocab_size)
      for (const string of tokens.strings) checkString(check, tokenizer, string)
      check.equal('chat template', chatTemplate, chats.chat_template)
      for (const [index, conversation] of chats.conversations.entries()) {
        for (const prompted of [false, true]) {
          const what = `conversation ${index}${prompted ? ' with generation prompt' : ''}`
          checkConversation(check, tokenizer, chatTemplate, conversation, prompted, what)
        }
      }
      return check.outcome()
    })
  },
}

function checkString(check: Check, tokenizer: Tokenizer, expected: Tokens['strings'][number]): void {
  const { id, text, ids, count, ids_parse_special_false: plainIds, decoded } = expected
  const encoded = tokenizer.encode(text, { special: true })
  check.equal(`string ${id}`, encoded, ids)
  check.equal(`string ${id} count`, encoded.length, count)
  check.equal(`string ${id} as plain text`, tokenizer.encode(text, { special: false }), plainIds ?? ids)
  check.equal(`string ${id} decoded`, tokenizer.decode(ids), decoded ?? text)
}

function checkConversation(
  check: Check,
  tokenizer: Tokenizer,
  template: string,
  conversation: Conversation,
  addGenerationPrompt: boolean,
  what: string,
): void {
  const { messages } = conversation
  const text = addGenerationPrompt ? conversation.text_with_generation_prompt : conversation.text
  const ids = addGenerationPrompt ? conversation.ids_with_generation_prompt : conversation.ids
  const [bosToken, eosToken] = [tokenizer.bosId, tokenizer.eosIds[0]].map((id) =>
    typeof id === 'number' ? tokenizer.tokenText(id) : '',
  )
  const options = { addGenerationPrompt, bosToken: bosToken ?? '', eosToken: eosToken ?? '' }
  const rendered = renderChat(template, messages, options)
  check.equal(`${what}, text`, rendered.map((segment) => segment.text).join(''), text)
  check.equal(`${what}, ids of the text`, tokenizer.encode(text, { special: true }), ids)

  const encoded = encodeChat(tokenizer, template, messages, { addGenerationPrompt }).ids
  check.equal(`${what}, decoded`, tokenizer.decode(encoded), text)
  // The reference takes control tokens that a person typed for real ones; Veranda must not.
  const forges = messages.some(({ content }) => tokenizer.encode(content, { special: true }).some(isControl))
  if (forges) check.holds(`${what}, typed control tokens stay text`, !sameIds(encoded, ids))
  else check.equal(`${what}, ids`, encoded, ids)

  function isControl(id: number): boolean {
    return tokenizer.specialIds.has(id)
  }
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}
