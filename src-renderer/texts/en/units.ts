export const units = {
  /** What is left of a run. */
  secondsLeft: 'a few seconds left',
  timeLeft: (time: string) => `about ${time} left`,
  today: (time: string) => `Today ${time}`,
  yesterday: (time: string) => `Yesterday ${time}`,
  tokensPerSecond: (speed: string) => `${speed} tokens/s`,
}
