/** What ONNX Runtime, C++, Rust, V8 and the drivers of graphics cards say when memory runs out. */
const signs =
  /bad[_ ]alloc|failed to allocate memory|out of memory|array buffer allocation failed|memory allocation of \d+ bytes failed|out_?of_?(host_?|device_?)?memory|exceed\w* .*max(StorageBufferBinding|Buffer)Size/i

/** Whether something failed, itself or by its cause, because there was not enough memory. */
export function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return signs.test(error.message) || isOutOfMemory(error.cause)
}
