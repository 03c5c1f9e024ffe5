/** Damage to files, and to what JSON files say. */

/** Numbers that parsers trip over. */
const telling = [0, 1, 0x7f, 0x80, 0xff]

/** One to four changes within the first `header` bytes: bits, bytes, runs of one byte, copies, a cut. */
export function mutate(bytes: Uint8Array, header: number, random: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit)
  let damaged = Uint8Array.from(bytes)
  for (let change = 0; change <= below(4); change++) {
    const at = below(Math.min(header, damaged.length))
    switch (below(6)) {
      case 0:
        damaged[at] = (damaged[at] ?? 0) ^ (1 << below(8))
        break
      case 1:
        damaged[at] = below(256)
        break
      case 2:
        damaged.fill(telling[below(telling.length)] ?? 0, at, at + 1 + below(8))
        break
      case 3:
        damaged.copyWithin(at, below(header), below(header))
        break
      case 4:
        // Digits and brackets, for headers that are text.
        damaged[at] = '0123456789{}[]",:-eE. '.charCodeAt(below(22))
        break
      default:
        if (random() < 0.2) damaged = damaged.slice(0, at)
    }
  }
  return damaged
}

/** Values of another kind than is expected, or of its kind and out of range. */
const strange: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e9,
  1e300,
  '',
  'x',
  '(',
  [],
  [[]],
  {},
  { type: 'x' },
]

/** The value with about `changes` of its parts, at any depth, taken away or replaced. */
function changed(value: unknown, changes: number, random: () => number): unknown {
  const parts = JSON.stringify(value).split(',').length
  const change = (part: unknown): unknown => {
    if (random() < changes / parts) return strange[Math.floor(random() * strange.length)]
    if (Array.isArray(part)) return part.map(change)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, change(inner)]))
  }
  return change(value)
}

/** The same of a text of JSON. */
export function mutateJson(bytes: Uint8Array, changes: number, random: () => number): Uint8Array {
  return json(changed(parsed(bytes), changes, random))
}

export const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
export const parsed = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))
