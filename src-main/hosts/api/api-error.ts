import { toFailureMessage } from '../../contract/failure.ts'

/** A request that isn't answered, in the shape of OpenAI's API. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const { code, message } = toFailureMessage(error)
  return new ApiError(statuses[code] ?? 500, code, message)
}

export function errorBody({ status, code, message }: ApiError): object {
  return {
    error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', param: null, code },
  }
}

const statuses: Readonly<Record<string, number>> = {
  'context-full': 400,
  'invalid-strength': 400,
  'adapter-not-found': 404,
  'model-not-installed': 404,
  'no-model': 404,
}
