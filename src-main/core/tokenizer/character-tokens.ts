/** How vocabularies in Unicode characters (SentencePiece's) write spaces and bytes. */

/** Stands for a space. */
export const spaceMark = '▁'

/** The ids of `<0x00>` to `<0xFF>`, or null where one is missing. */
export function byteTokenIds(tokens: readonly string[]): number[] | null {
  const byText = new Map(tokens.map((token, id) => [token, id]))
  const ids = Array.from({ length: 256 }, (_, byte) =>
    byText.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  ).filter((id) => id !== undefined)
  return ids.length === 256 ? ids : null
}
