import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 bits: no number of guesses finds it. */
const secretBytes = 32

export function newSecret(): string {
  return randomBytes(secretBytes).toString('base64url')
}

/** Takes as long for a near guess as for a far one; the hashes make the lengths equal. */
export function sameSecret(offered: string, secret: string): boolean {
  return timingSafeEqual(sha256(offered), sha256(secret))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
