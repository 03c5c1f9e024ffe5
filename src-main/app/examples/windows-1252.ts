/** What Windows-1252 puts where Latin-1 has control characters (0x80 to 0x9F); Node's decoder leaves these out. */
const inserted = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

export function decodeWindows1252(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (character) => inserted[character.charCodeAt(0) - 0x80] ?? character)
}
