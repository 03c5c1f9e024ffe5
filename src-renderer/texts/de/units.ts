import type { units as english } from '../en/units.ts'

export const units: typeof english = {
  secondsLeft: 'noch ein paar Sekunden',
  timeLeft: (time) => `noch etwa ${time}`,
  today: (time) => `Heute ${time}`,
  yesterday: (time) => `Gestern ${time}`,
  tokensPerSecond: (speed) => `${speed} Token/s`,
}
