import { z } from 'zod'
import type { ChatRequest, Services } from '../../app/services.ts'
import { ApiError } from './api-error.ts'

const content = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal('text'), text: z.string() }))
    .transform((parts) => parts.map(({ text }) => text).join('')),
])
const message = z
  .object({ role: z.enum(['system', 'developer', 'user', 'assistant']), content })
  .transform(
    ({ role, content: text }) => ({ role: role === 'developer' ? 'system' : role, content: text }) as const,
  )
const stop = z.string().min(1).max(1000)

/** What of OpenAI's chat completions is understood; what would change the answer and isn't is refused. */
const completionRequest = z
  .object({
    model: z.string().min(1).max(300),
    messages: z.array(message).min(1).max(10_000),
    stream: z.boolean().nullish(),
    stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
    max_tokens: z.number().int().min(1).max(100_000).nullish(),
    max_completion_tokens: z.number().int().min(1).max(100_000).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .nullish(),
    stop: z.union([stop, z.array(stop).max(4)]).nullish(),
    n: z.literal(1, 'Only one choice is made: n must be 1.').nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.number().int().min(0).max(20).nullish(),
    tools: z.array(z.unknown()).max(0, 'Tools are not called.').nullish(),
  })
  .refine(({ logprobs, top_logprobs }) => logprobs === true || (top_logprobs ?? 0) === 0, {
    path: ['top_logprobs'],
    message: 'They come with logprobs only: set it to true.',
  })

export interface Completion {
  /** As it was asked for. */
  readonly model: string
  readonly request: ChatRequest
  readonly stop: readonly string[]
  readonly stream: boolean
  readonly streamUsage: boolean
}

/** @throws ApiError where the body isn't a request that can be answered */
export function readCompletion(body: string, services: Pick<Services, 'models' | 'adapters'>): Completion {
  const parsed = completionRequest.safeParse(parseJson(body))
  if (!parsed.success) throw new ApiError(400, 'bad-request', z.prettifyError(parsed.error))
  const {
    model,
    messages,
    temperature,
    top_p,
    seed,
    stop: stops,
    stream,
    stream_options,
    ...rest
  } = parsed.data
  return {
    model,
    request: {
      messages,
      ...resolve(model, services),
      sampling: {
        temperature: temperature ?? undefined,
        topP: top_p ?? undefined,
        seed: seed ?? undefined,
        maxTokens: rest.max_completion_tokens ?? rest.max_tokens ?? undefined,
      },
      topLogprobs: rest.logprobs === true ? (rest.top_logprobs ?? 0) : null,
    },
    stop: typeof stops === 'string' ? [stops] : (stops ?? []),
    stream: stream ?? false,
    streamUsage: stream_options?.include_usage ?? false,
  }
}

/** A model by id or name, else an adapter, `NAME[:STRENGTH]`; `adapter-not-found` where it is neither. */
function resolve(
  asked: string,
  { models, adapters }: Pick<Services, 'models' | 'adapters'>,
): Pick<ChatRequest, 'model' | 'adapter'> {
  if (models.list().some(({ id, name }) => [id, name].includes(asked))) return { model: asked, adapter: null }
  return { model: adapters.find(asked).adapter.modelId, adapter: asked }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new ApiError(400, 'bad-json', 'The body is not JSON.')
  }
}
