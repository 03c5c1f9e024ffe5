import type { ChatRequest } from '../../../app/services.ts'
import type { ChatMessage } from '../../../engine/contract.ts'
import { converse } from '../chat-session.ts'
import { command } from '../command.ts'
import { drain } from '../drain.ts'
import { ensureModel } from '../ensure-model.ts'
import { decimal, flag, integer, onDevice, text } from '../options.ts'

const options = {
  model: text('ID', 'the model, by id or name'),
  adapter: text('NAME[:STRENGTH]', 'with this adapter; strength 1 is as trained'),
  system: text('TEXT', 'system prompt'),
  'max-tokens': integer('N', 'longest answer', 1, 100_000),
  temperature: decimal('T', '0 always takes the likeliest token', 0, 5),
  seed: integer('S', 'the same seed gives the same answer', 0, 2 ** 32 - 1),
  fast: flag('in 8 bits: faster, and close choices may fall otherwise'),
  exact: flag('in float32 throughout: slower, and to the last digit'),
  device: onDevice,
}

export const chatCommand = command({
  words: 'chat',
  summary: 'Answers the prompt; without one, talks until you leave with Ctrl+C or Ctrl+D.',
  optional: ['PROMPT'],
  options,
  async run(context, { positionals: [prompt], values }) {
    const { services, output, signal } = context
    const model = await ensureModel(context, values.model, values.adapter)
    const opening: readonly ChatMessage[] =
      values.system === undefined ? [] : [{ role: 'system', content: values.system }]
    const request: Omit<ChatRequest, 'messages'> = {
      model: model.id,
      adapter: values.adapter ?? null,
      fast: values.fast,
      // What was not given is undefined, and the app's setting stands.
      sampling: { maxTokens: values['max-tokens'], temperature: values.temperature, seed: values.seed },
    }

    if (prompt === undefined) return await converse(context, request, opening)

    const messages: readonly ChatMessage[] = [...opening, { role: 'user', content: prompt }]
    const answer = services.chat.answer({ ...request, messages }, signal)
    const result = await drain(answer, (event) => output.text(event.text), signal).finally(() =>
      output.line(),
    )
    return { ...result, model: model.id, adapter: request.adapter }
  },
})
