import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StopText } from '../../../src-main/hosts/api/stop-text.ts'
import { sendLines } from '../browser/bare-client.ts'
import { adapter, model } from '../cli/command-line.ts'
import { startTinyServer, type TinyServer } from './tiny-server.ts'

let server: TinyServer
beforeAll(async () => {
  server = await startTinyServer('secret')
})
afterAll(() => server.close())

const asked = { model: model.id, messages: [{ role: 'user', content: 'hi' }], max_tokens: 12 }

async function post(body: unknown, headers: Record<string, string> = { authorization: 'Bearer secret' }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return await fetch(`${server.address}/chat/completions`, { method: 'POST', body: text, headers })
}

async function answer(
  changes: object,
): Promise<{ content: string; finish: string; usage: Record<string, number> }> {
  const response = await post({ ...asked, ...changes })
  expect(response.status).toBe(200)
  const { choices, usage } = (await response.json()) as {
    choices: [{ message: { content: string }; finish_reason: string }]
    usage: Record<string, number>
  }
  return { content: choices[0].message.content, finish: choices[0].finish_reason, usage }
}

async function streamed(changes: object): Promise<readonly Record<string, unknown>[]> {
  const response = await post({ ...asked, stream: true, ...changes })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const lines = (await response.text()).split('\n\n').filter((line) => line !== '')
  expect(lines.pop()).toBe('data: [DONE]')
  return lines.map((line) => JSON.parse(line.replace(/^data: /, '')) as Record<string, unknown>)
}

const contentOf = (chunks: readonly Record<string, unknown>[]): string =>
  chunks
    .flatMap(({ choices }) => choices as { delta: { content?: string } }[])
    .map(({ delta }) => delta.content ?? '')
    .join('')

describe('chat completions', () => {
  test('answer whole and streamed alike, with usage and the reason of the end', async () => {
    const whole = await answer({})
    expect(whole.content).not.toBe('')
    expect(whole.finish).toBe('length')
    expect(whole.usage).toMatchObject({ completion_tokens: 12 })
    expect(whole.usage.total_tokens).toBe((whole.usage.prompt_tokens ?? 0) + 12)
    const chunks = await streamed({ stream_options: { include_usage: true } })
    expect(contentOf(chunks)).toBe(whole.content)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } })
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: 'length' }] })
  })

  test('the same seed gives the same answer, another one another', async () => {
    const sampled = { temperature: 1.5, max_tokens: 24 }
    const [first, again, other] = [
      await answer({ ...sampled, seed: 7 }),
      await answer({ ...sampled, seed: 7 }),
      await answer({ ...sampled, seed: 8 }),
    ]
    expect(again.content).toBe(first.content)
    expect(other.content).not.toBe(first.content)
  })

  test('end before a stop string, and the engine is told', async () => {
    const { content } = await answer({})
    const stop = content.slice(4, 6)
    const before = server.aborted()
    const cut = await answer({ stop: [stop] })
    expect(cut.content).toBe(content.slice(0, content.indexOf(stop)))
    expect(cut.finish).toBe('stop')
    expect(server.aborted()).toBeGreaterThan(before)
    expect(contentOf(await streamed({ stop }))).toBe(cut.content)
  })

  test('asked at once are all answered', async () => {
    const { content } = await answer({})
    const answers = await Promise.all(Array.from({ length: 5 }, () => answer({})))
    expect(answers.map((one) => one.content)).toEqual(Array(5).fill(content))
  })
})

test('models and adapters are listed as models', async () => {
  const response = await fetch(`${server.address}/models`, { headers: { authorization: 'Bearer secret' } })
  const { data } = (await response.json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual([model.id, adapter.name])
})

test.each([
  ['{', 400, 'bad-json'],
  [{ ...asked, messages: [] }, 400, 'bad-request'],
  [{ ...asked, n: 2 }, 400, 'bad-request'],
  [{ ...asked, top_logprobs: 2 }, 400, 'bad-request'],
  [{ ...asked, logprobs: true, top_logprobs: 21 }, 400, 'bad-request'],
  [{ ...asked, model: 'nobody' }, 404, 'adapter-not-found'],
  [{ ...asked, messages: [{ role: 'user', content: 'hi '.repeat(2000) }] }, 400, 'context-full'],
  ['x'.repeat(10_000_001), 413, 'too-large'],
])('what can’t be answered is refused in OpenAI’s shape: %#', async (body, status, code) => {
  const response = await post(body)
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ error: { code, type: 'invalid_request_error' } })
})

test('without the token, or under a foreign name, nothing is answered', async () => {
  expect((await post(asked, {})).status).toBe(401)
  expect((await post(asked, { authorization: 'Bearer wrong' })).status).toBe(401)
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { host: 'evil.example', authorization: 'Bearer secret' }
    const sent = httpRequest(`${server.address}/models`, { headers }, ({ statusCode }) => resolve(statusCode))
    sent.on('error', reject)
    sent.end()
  })
  expect(status).toBe(403)
  const { host, port } = new URL(server.address)
  const lines = ['GET /v1/models HTTP/1.1', 'Authorization: Bearer secret', `Host: ${host}`]
  expect(await sendLines(Number(port), lines)).toBe(200)
  expect(await sendLines(Number(port), [...lines, 'Host: evil.example'])).toBe(403)
})

test('another site’s page may neither ask nor read: no answer lets one in', async () => {
  const origin = 'https://evil.example'
  const asking = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  }
  const preflight = await fetch(`${server.address}/chat/completions`, { method: 'OPTIONS', headers: asking })
  const read = await fetch(`${server.address}/models`, {
    headers: { origin, authorization: 'Bearer secret' },
  })
  const simple = await post(asked, { origin, 'content-type': 'text/plain' })
  expect([preflight.status, read.status, simple.status]).toEqual([401, 200, 401])
  for (const { headers } of [preflight, read, simple])
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('a stop string is found across pieces; what only seemed to begin one is shown', () => {
  const text = new StopText(['STOP', 'end'])
  expect(['a S', 'TO', 'X e', 'n', 'd more'].map((piece) => text.push(piece))).toEqual([
    'a ',
    '',
    'STOX ',
    '',
    '',
  ])
  expect(text.stopped).toBe(true)
  expect(text.end()).toBe('')
  const whole = new StopText(['STOP'])
  expect(whole.push('ST') + whole.end()).toBe('ST')
})
