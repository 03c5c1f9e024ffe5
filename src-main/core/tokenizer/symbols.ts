/** The smallest tokens that a piece of text is made of. */
import { byteCharacters } from './byte-alphabet.ts'
import type { CharacterTokens } from './definition.ts'

/** The ids of a piece's bytes or characters; those without a token of their own are left out. */
export type Symbols = (piece: string) => number[]

const encoder = new TextEncoder()

/** One token a byte, in the byte alphabet. */
export function byteSymbols(vocabulary: ReadonlyMap<string, number>): Symbols {
  const byteIds = byteCharacters.map((character) => vocabulary.get(character))
  return (piece) =>
    Array.from(encoder.encode(piece), (byte) => byteIds[byte]).filter((id) => id !== undefined)
}

/** One token a character; the tokens of its bytes, or the unknown token, for one that has none. */
export function characterSymbols(
  vocabulary: ReadonlyMap<string, number>,
  { byteIds, unknownId, fuseUnknown }: CharacterTokens,
): Symbols {
  return (piece) => {
    const ids: number[] = []
    for (const character of piece) {
      const id = vocabulary.get(character)
      if (id !== undefined) ids.push(id)
      else if (byteIds !== null) for (const byte of encoder.encode(character)) ids.push(byteIds[byte] ?? 0)
      else if (unknownId !== null && !(fuseUnknown && ids.at(-1) === unknownId)) ids.push(unknownId)
    }
    return ids
  }
}
