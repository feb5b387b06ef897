import { expect, test } from 'vitest'
import { along, pointOn, type Bezier } from './curve'

const straight = (x0: number, x1: number): Bezier => [
  [x0, 0],
  [x0 + (x1 - x0) / 3, 0],
  [x0 + (2 * (x1 - x0)) / 3, 0],
  [x1, 0],
]

test('a Bézier starts and ends at its ends', () => {
  expect(pointOn(straight(0, 9), 0)).toEqual({ x: 0, y: 0 })
  expect(pointOn(straight(0, 9), 1).x).toBeCloseTo(9)
})

test('a chain is walked at one pace', () => {
  const chain = [straight(0, 10), straight(10, 40)]
  expect(along(chain, 0).x).toBe(0)
  expect(along(chain, 0.25).x).toBeCloseTo(10)
  expect(along(chain, 0.5).x).toBeCloseTo(20)
  expect(along(chain, 1).x).toBeCloseTo(40)
  expect(along(chain, 7).x).toBeCloseTo(40)
})
