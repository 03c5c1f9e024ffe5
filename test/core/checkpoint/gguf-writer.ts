/** Writes small GGUF files for tests, damaged ones included. */

export type GgufEntry =
  | { readonly type: 'u32' | 'f32' | 'bool'; readonly value: number }
  | { readonly type: 'u64'; readonly value: bigint }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s'; readonly value: readonly number[] }

export interface GgufTensorData {
  /** ggml's number of the format. */
  readonly type: number
  /** Row-major. */
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
  /** Written in place of the true offset. */
  readonly offset?: number
}

const encoder = new TextEncoder()

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}

export function u64(value: number | bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)
}

export function text(value: string): Uint8Array {
  const bytes = encoder.encode(value)
  return concat([u64(bytes.length), bytes])
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

export function ggufOf(
  metadata: Readonly<Record<string, GgufEntry>>,
  tensors: Readonly<Record<string, GgufTensorData>> = {},
  { version = 3, magic = 'GGUF', alignment = 32 } = {},
): Uint8Array {
  const parts = [
    encoder.encode(magic),
    u32(version),
    u64(Object.keys(tensors).length),
    u64(Object.keys(metadata).length),
  ]
  for (const [key, entry] of Object.entries(metadata)) parts.push(text(key), valueOf(entry))
  const data: Uint8Array[] = []
  let offset = 0
  for (const [name, tensor] of Object.entries(tensors)) {
    const dimensions = [...tensor.shape].reverse()
    parts.push(
      text(name),
      u32(dimensions.length),
      ...dimensions.map(u64),
      u32(tensor.type),
      u64(tensor.offset ?? offset),
    )
    const padding = -tensor.bytes.length & (alignment - 1)
    data.push(tensor.bytes, new Uint8Array(padding))
    offset += tensor.bytes.length + padding
  }
  const header = concat(parts)
  return concat([header, new Uint8Array(-header.length & (alignment - 1)), ...data])
}

function valueOf(entry: GgufEntry): Uint8Array {
  switch (entry.type) {
    case 'u32':
      return concat([u32(4), u32(entry.value)])
    case 'f32':
      return concat([u32(6), new Uint8Array(Float32Array.of(entry.value).buffer)])
    case 'bool':
      return concat([u32(7), Uint8Array.of(entry.value)])
    case 'string':
      return concat([u32(8), text(entry.value)])
    case 'strings':
      return concat([u32(9), u32(8), u64(entry.value.length), ...entry.value.map(text)])
    case 'i32s':
      return concat([
        u32(9),
        u32(5),
        u64(entry.value.length),
        new Uint8Array(Int32Array.from(entry.value).buffer),
      ])
    case 'u64':
      return concat([u32(10), u64(entry.value)])
  }
}
