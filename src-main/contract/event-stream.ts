/** Yields each event of a stream as `map` makes it and returns the stream's result; leaving early ends the stream as well. */
export async function* mapEvents<Event, Mapped, Result>(
  stream: AsyncGenerator<Event, Result>,
  map: (event: Event) => Mapped | Promise<Mapped>,
): AsyncGenerator<Mapped, Result> {
  await using source = stream
  for (;;) {
    const next = await source.next()
    if (next.done === true) return next.value
    yield await map(next.value)
  }
}

/** Lets a stream run to its end. */
export async function resultOf<Result>(stream: AsyncGenerator<unknown, Result>): Promise<Result> {
  for (;;) {
    const next = await stream.next()
    if (next.done === true) return next.value
  }
}
