/** The largest resident size that this process has had. */
export function peakMemoryBytes(): number {
  // Node gives kilobytes on every system (libuv normalises ru_maxrss).
  return process.resourceUsage().maxRSS * 1024
}
