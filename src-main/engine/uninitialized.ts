/** Memory for bytes that are all written before any is read: filling it with zeros first takes as long as reading a file. */
export function uninitialized(length: number): Uint8Array<ArrayBuffer> {
  // Not the Buffer itself, whose `slice` doesn't copy.
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
}
