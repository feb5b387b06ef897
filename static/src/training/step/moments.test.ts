import { expect, test } from 'vitest'
import { Known, nameOf, within } from './moments'

const LAYERS = 3

test('what goes forward is known layer by layer, then the loss, then what comes back', () => {
  const order = Array.from({ length: 2 * LAYERS + 6 }, (_, done) => {
    const known = new Known(LAYERS, done)
    return [
      ...[0, 1, 2, 3].map((layer) => known.forward(layer)),
      known.loss,
      ...[3, 2, 1].map((layer) => known.back(layer)),
      known.mean,
      known.update,
    ].filter(Boolean).length
  })
  // The moment of the first layer's weights makes no unit known.
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 10])
})

test('the gradients of the last layer come when the layer below has its own', () => {
  expect(new Known(LAYERS, LAYERS + 3).gradients(3)).toBe(false)
  expect(new Known(LAYERS, LAYERS + 4).gradients(3)).toBe(true)
  expect(new Known(LAYERS, 2 * LAYERS + 2).gradients(1)).toBe(false)
  expect(new Known(LAYERS, 2 * LAYERS + 3).gradients(1)).toBe(true)
})

const CHOICES = [
  { name: 'conv', sizes: [8, 1, 3, 3], biases: true },
  { name: 'norm', sizes: [8], biases: true },
  { name: 'fc', sizes: [10, 144], biases: false },
]

test('a weight has a name, in a kernel with its row and column', () => {
  expect(nameOf({ layer: 2, unit: 3, source: 1, bias: false })).toBe('w2_3_1')
  expect(nameOf({ layer: 1, unit: 2, source: null, bias: true })).toBe('b1_2')
  expect(nameOf({ layer: 1, unit: 2, source: 1, row: 3, column: 2, bias: false })).toBe('w1_2_1_3_2')
  expect(nameOf({ layer: 2, unit: 5, source: null, bias: false })).toBe('w2_5')
})

test('in another layer the place nearest to it is chosen, in the middle of a kernel', () => {
  const from = { layer: 1, unit: 9, source: 7, bias: false }
  expect(nameOf(within(from, CHOICES))).toBe('w1_8_1_2_2')
  expect(nameOf(within({ ...from, layer: 2 }, CHOICES))).toBe('w2_8')
  expect(nameOf(within({ ...from, layer: 9 }, CHOICES))).toBe('w3_9_7')
  expect(nameOf(within({ ...from, layer: 1, bias: true }, CHOICES))).toBe('b1_8')
  expect(nameOf(within({ ...from, layer: 3, bias: true }, CHOICES))).toBe('w3_9_7')
})
