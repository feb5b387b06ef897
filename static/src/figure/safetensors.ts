/**
 * Reads a safetensors file: eight bytes with the header's length, a JSON header with every tensor's type,
 * shape and place, then the numbers. Nothing is copied where a number lies as the machine wants it.
 */

export type Numbers = Float32Array | Uint8Array
export type Tensor = { shape: number[]; values: Numbers }
export type Tensors = { tensors: Record<string, Tensor>; metadata: Record<string, string> }

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] }

const LENGTH_BYTES = 8

export function parseSafetensors(buffer: ArrayBuffer): Tensors {
  const length = Number(new DataView(buffer).getBigUint64(0, true))
  const begin = LENGTH_BYTES + length
  if (begin > buffer.byteLength) throw new Error('the header is longer than the file')
  const text = new TextDecoder().decode(new Uint8Array(buffer, LENGTH_BYTES, length))
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(text) as Record<string, Entry> & {
    __metadata__?: Record<string, string>
  }
  const tensors: Record<string, Tensor> = {}
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [first, end] = data_offsets
    if (begin + end > buffer.byteLength || first > end) throw new Error(`${name} lies outside the file`)
    tensors[name] = { shape, values: view(buffer, dtype, begin + first, end - first, name) }
  }
  return { tensors, metadata }
}

function view(buffer: ArrayBuffer, dtype: string, at: number, bytes: number, name: string): Numbers {
  if (dtype === 'U8') return new Uint8Array(buffer, at, bytes)
  if (dtype !== 'F32') throw new Error(`${name} is of a type that is not read here: ${dtype}`)
  if (at % 4 === 0) return new Float32Array(buffer, at, bytes / 4)
  return new Float32Array(buffer.slice(at, at + bytes))
}
