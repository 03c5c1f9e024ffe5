/** Reads a stream to its end, showing its events; answers its result. */
export async function drain<E, R>(stream: AsyncGenerator<E, R>, show: (event: E) => void): Promise<R> {
  for (;;) {
    const step = await stream.next()
    if (step.done === true) return step.value
    show(step.value)
  }
}
