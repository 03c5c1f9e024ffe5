/** The server as OpenAI's own client for Node sees it. */
import { AuthenticationError, BadRequestError, NotFoundError, OpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapter, model } from '../cli/command-line.ts'
import { startTinyServer, type TinyServer } from './tiny-server.ts'

let server: TinyServer
let client: OpenAI

beforeAll(async () => {
  server = await startTinyServer('secret')
  client = new OpenAI({ baseURL: server.address, apiKey: 'secret', maxRetries: 0 })
})
afterAll(() => server.close())

const asked = {
  model: model.id,
  messages: [{ role: 'user' as const, content: 'who feeds the hens?' }],
  max_completion_tokens: 12,
  temperature: 0,
}

test('lists the models, every adapter being one', async () => {
  const ids: string[] = []
  for await (const { id } of client.models.list()) ids.push(id)
  expect(ids).toEqual([model.id, adapter.name])
})

test('streams what it answers whole, and says the usage last', async () => {
  const whole = await client.chat.completions.create(asked)
  const [choice] = whole.choices
  expect(choice?.finish_reason).toBe('length')
  expect(whole.usage?.completion_tokens).toBe(12)
  const stream = await client.chat.completions.create({
    ...asked,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  const usages: unknown[] = []
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    usages.push(chunk.usage)
  }
  expect(text).toBe(choice?.message.content)
  expect(usages.slice(0, -1).every((usage) => usage === null)).toBe(true)
  expect(usages.at(-1)).toMatchObject({
    prompt_tokens: whole.usage?.prompt_tokens,
    completion_tokens: 12,
    total_tokens: whole.usage?.total_tokens,
  })
})

test('gives log probabilities: those of the answer’s tokens, and of the likeliest, which greedy answers take', async () => {
  const { choices } = await client.chat.completions.create({ ...asked, logprobs: true, top_logprobs: 3 })
  const [choice] = choices
  const tokens = choice?.logprobs?.content ?? []
  expect(tokens).toHaveLength(12)
  const bytes = tokens.flatMap((token) => token.bytes ?? [])
  expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe(choice?.message.content)
  for (const token of tokens) {
    expect(token.top_logprobs).toHaveLength(3)
    expect(token.top_logprobs[0]).toMatchObject({ token: token.token, logprob: token.logprob })
    const [first, second] = token.top_logprobs
    expect(first?.logprob).toBeGreaterThanOrEqual(second?.logprob ?? 0)
    expect(token.top_logprobs.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeLessThanOrEqual(1)
  }
  // Temperature changes what is chosen, not what the model holds of it.
  const hot = await client.chat.completions.create({
    ...asked,
    temperature: 2,
    seed: 1,
    logprobs: true,
    top_logprobs: 3,
  })
  expect(hot.choices[0]?.logprobs?.content?.[0]?.top_logprobs).toEqual(tokens[0]?.top_logprobs)

  const stream = await client.chat.completions.create({
    ...asked,
    logprobs: true,
    top_logprobs: 3,
    stream: true,
  })
  const streamed = []
  for await (const chunk of stream) streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []))
  expect(streamed.map(({ token }) => token)).toEqual(tokens.map(({ token }) => token))
  // How many tokens a step takes depends on the time it took before, and sums of several are added up in another order.
  for (const [place, { logprob }] of streamed.entries()) {
    expect(Math.abs(logprob - (tokens[place]?.logprob ?? 0))).toBeLessThan(1e-4)
  }
})

test('the tokens of a stop string are left out of the log probabilities, too', async () => {
  const whole = await client.chat.completions.create(asked)
  const content = whole.choices[0]?.message.content ?? ''
  const stop = content.slice(5, 7)
  const { choices } = await client.chat.completions.create({ ...asked, stop: [stop], logprobs: true })
  expect(choices[0]?.message.content).toBe(content.slice(0, content.indexOf(stop)))
  expect(choices[0]?.finish_reason).toBe('stop')
  expect(choices[0]?.logprobs?.content?.length).toBeLessThan(12)
})

test('answers the same to the same seed, and with an adapter something else', async () => {
  const sampled = { ...asked, temperature: 1.5, seed: 7 }
  const answers = []
  for (const changes of [{}, {}, { seed: 8 }, { model: adapter.name }]) {
    const { choices } = await client.chat.completions.create({ ...sampled, ...changes })
    answers.push(choices[0]?.message.content)
  }
  expect(answers[1]).toBe(answers[0])
  expect(answers[2]).not.toBe(answers[0])
  expect(answers[3]).not.toBe(answers[0])
})

test('answers several at once in steps taken together, each as if it were alone', async () => {
  const questions = Array.from({ length: 8 }, (_, index) => ({
    ...asked,
    model: index % 2 === 0 ? model.id : adapter.name,
    messages: [{ role: 'user' as const, content: `what is ${index}?` }],
  }))
  const contentOf = async (question: (typeof questions)[number]): Promise<string | null | undefined> =>
    (await client.chat.completions.create(question)).choices[0]?.message.content
  const alone: (string | null | undefined)[] = []
  for (const question of questions) alone.push(await contentOf(question))
  const before = { ...server.loaded.sharedSteps }
  expect(await Promise.all(questions.map(contentOf))).toEqual(alone)
  const { steps, rows } = server.loaded.sharedSteps
  expect((rows - before.rows) / (steps - before.steps)).toBeGreaterThan(2)
})

test('errors come as the client’s own kinds', async () => {
  await expect(client.chat.completions.create({ ...asked, model: 'nobody' })).rejects.toBeInstanceOf(
    NotFoundError,
  )
  await expect(client.chat.completions.create({ ...asked, n: 2 })).rejects.toBeInstanceOf(BadRequestError)
  await expect(client.chat.completions.create({ ...asked, top_logprobs: 2 })).rejects.toBeInstanceOf(
    BadRequestError,
  )
  const stranger = new OpenAI({ baseURL: server.address, apiKey: 'wrong', maxRetries: 0 })
  await expect(stranger.chat.completions.create(asked)).rejects.toBeInstanceOf(AuthenticationError)
})
