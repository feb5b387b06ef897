import { expect, test } from 'vitest'
import { Known, nameOf, within } from './moments'

const net = { sizes: [2, 4, 3, 1] }
const LAYERS = 3

test('what goes forward is known layer by layer, then the loss, then what comes back', () => {
  const order = Array.from({ length: 2 * LAYERS + 6 }, (_, done) => {
    const known = new Known(net, done)
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
  expect(new Known(net, LAYERS + 3).gradients(3)).toBe(false)
  expect(new Known(net, LAYERS + 4).gradients(3)).toBe(true)
  expect(new Known(net, 2 * LAYERS + 2).gradients(1)).toBe(false)
  expect(new Known(net, 2 * LAYERS + 3).gradients(1)).toBe(true)
})

test('a weight has a name, and in a smaller net a place near by', () => {
  expect(nameOf({ layer: 2, unit: 3, source: 1 })).toBe('w2_3_1')
  expect(nameOf({ layer: 1, unit: 2, source: null })).toBe('b1_2')
  expect(within({ layer: 2, unit: 9, source: 7 }, net.sizes)).toEqual({ layer: 2, unit: 3, source: 4 })
  expect(within({ layer: 9, unit: 2, source: null }, net.sizes)).toEqual({ layer: 3, unit: 1, source: null })
})
