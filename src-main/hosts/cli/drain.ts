import { Failure } from '../../contract/failure.ts'

/**
 * Reads a stream to its end, showing its events; answers its result.
 *
 * @param signal where the work was given one: what it ends with after an abort is only a part
 * @throws Failure `stopped`
 */
export async function drain<E, R>(
  stream: AsyncGenerator<E, R>,
  show: (event: E) => void,
  signal?: AbortSignal,
): Promise<R> {
  for (;;) {
    const step = await stream.next()
    if (step.done !== true) {
      show(step.value)
      continue
    }
    if (signal?.aborted === true) throw new Failure('stopped', 'Stopped.')
    return step.value
  }
}
