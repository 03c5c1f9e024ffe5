/** No machine is this many times slower at one step than at the others; it stood still, asleep or stopped. */
const standstill = 20
/** Below that a long step does no harm to the time left. */
const shortestStandstillMs = 5_000

/**
 * What a step counts for in the time that a run has worked, so that a night of sleep in the middle of it changes
 * neither its speed nor the time left: a step in which the machine stood still counts like the others.
 *
 * @param tookMs the step, by a clock that may run on in sleep (it does on macOS and Windows)
 * @param usualMs the mean of the steps before; null at the first
 */
export function workedMs(tookMs: number, usualMs: number | null): number {
  if (usualMs === null) return tookMs
  return tookMs > Math.max(shortestStandstillMs, standstill * usualMs) ? usualMs : tookMs
}
