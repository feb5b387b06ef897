import { expect, test } from 'vitest'
import { moved, stepOf } from './scrub'

test('steps suit the size of the number', () => {
  expect([0, 5, -2, 250, 4000].map(stepOf)).toEqual([0.1, 0.1, 0.1, 1, 10])
  expect(stepOf(0.03)).toBeCloseTo(0.001)
})

test('digits that were not meant do not appear', () => {
  expect(moved(0.1, 2)).toBe(0.12)
  expect(moved(-2, 1)).toBe(-1.9)
  expect(moved(0.7, 1, 0.1)).toBe(0.8)
  expect(moved(0.1, -1, 0.1)).toBe(0)
  expect(moved(2.25, 1)).toBe(2.35)
})
