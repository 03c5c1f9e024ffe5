/** Held-out losses by the time since training began. */
export interface Curve {
  readonly points: readonly { readonly seconds: number; readonly loss: number }[]
}

/**
 * How long each took to the same held-out loss: the best one that both reach. Between two measurements the loss is
 * taken to fall evenly.
 */
export function timeToLoss(first: Curve, second: Curve): readonly [first: number, second: number] {
  const target = Math.max(...[first, second].map(({ points }) => Math.min(...points.map(({ loss }) => loss))))
  return [secondsTo(first, target), secondsTo(second, target)]
}

function secondsTo({ points }: Curve, target: number): number {
  const at = points.findIndex(({ loss }) => loss <= target)
  const [before, point] = [points[at - 1], points[at]]
  if (point === undefined) return NaN
  if (before === undefined) return point.seconds
  const share = (before.loss - target) / (before.loss - point.loss)
  return before.seconds + share * (point.seconds - before.seconds)
}
