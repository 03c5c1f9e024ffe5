/**
 * The text codecs of the web's standards. They are pure functions of their input, so the core may use them, but
 * TypeScript only declares them together with the whole DOM or Node, which the core must not see.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string
}

/** Base64 to a string of bytes; throws where it is none. */
declare function atob(base64: string): string
