/**
 * Follows the parameters with their exponential moving average, in place.
 *
 * In the first steps the average follows faster, `min(decay, (1 + n) / (10 + n))` after step n: else a short run's
 * average would be mostly its start. Source: TensorFlow's `ExponentialMovingAverage` with `num_updates`.
 *
 * @param stepCount n, steps taken so far
 */
export function updateAverage(
  average: Float32Array,
  parameters: Float32Array,
  decay: number,
  stepCount: number,
): void {
  const kept = Math.min(decay, (1 + stepCount) / (10 + stepCount))
  for (let i = 0; i < average.length; i++) {
    const before = average[i] as number
    average[i] = before + (1 - kept) * ((parameters[i] as number) - before)
  }
}
