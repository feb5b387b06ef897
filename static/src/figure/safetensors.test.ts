import { expect, test } from 'vitest'
import { parseSafetensors } from './safetensors'

/** As the format's own page says it, byte by byte. */
function file(header: object, data: Uint8Array, pad = 0): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header) + ' '.repeat(pad))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setUint32(0, text.length, true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes.buffer
}

const floats = new Uint8Array(new Float32Array([1.5, -2, 0.25, 8]).buffer)
const data = new Uint8Array([...floats, 0, 128, 255])
const header = {
  __metadata__: { answer: '{"a":1}' },
  'a:activation': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  'b:activation': { dtype: 'U8', shape: [3], data_offsets: [16, 19] },
}

test.each([0, 1, 2, 3])('numbers, shapes and words, wherever they lie (%i)', (pad) => {
  const { tensors, metadata } = parseSafetensors(file(header, data, pad))
  expect(metadata.answer).toBe('{"a":1}')
  expect(tensors['a:activation']!.shape).toEqual([2, 2])
  expect([...tensors['a:activation']!.values]).toEqual([1.5, -2, 0.25, 8])
  expect([...tensors['b:activation']!.values]).toEqual([0, 128, 255])
  expect(Object.keys(tensors).length).toBe(2)
})

test('a file that was cut off is refused', () => {
  const whole = file(header, data)
  expect(() => parseSafetensors(whole.slice(0, whole.byteLength - 1))).toThrow('outside the file')
  expect(() => parseSafetensors(whole.slice(0, 30))).toThrow('longer than the file')
})

test('a type that is not read is named', () => {
  const other = { x: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }
  expect(() => parseSafetensors(file(other, new Uint8Array(2)))).toThrow('BF16')
})
