import { Failure } from '../../src-main/contract/failure.ts'

/** The code of the Failure that the work throws; anything else is an error of the test. */
export async function failureCode(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Failure) return error.code
    throw error
  }
  throw new Error('Expected a failure, but there was none.')
}
