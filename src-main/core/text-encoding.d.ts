/**
 * The two text codecs of the Encoding Standard. They are pure functions of their input, so the core may use
 * them, but TypeScript only declares them together with the whole DOM or Node, which the core must not see.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string
}
