import { expect, test } from 'vitest'
import { inkOf, rampOf } from './overlay'

test('nothing gets no ink, the largest gets all, whatever its sign', () => {
  expect([inkOf(0), inkOf(1), inkOf(-1), inkOf(3)]).toEqual([0, 1, 1, 1])
  expect(inkOf(0.1)).toBeGreaterThan(0.1)
  expect(inkOf(-0.3)).toBe(inkOf(0.3))
})

test('the scale has the colours of the picture: blue below zero, orange above', () => {
  expect(rampOf(-1, 2)).toBe(
    'linear-gradient(to right, rgb(38 98 168 / 1.000), rgb(214 106 18 / 0.000), rgb(214 106 18 / 1.000))',
  )
  expect(rampOf(0, 1)).toBe('linear-gradient(to right, rgb(214 106 18 / 0.000), rgb(214 106 18 / 1.000))')
})
