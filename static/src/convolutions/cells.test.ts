import { expect, test } from 'vitest'
import { cellAt, cellOfStep, filled, isBrief, paceOf, placeOf, stacked, sumsAt, within } from './cells'
import type { Steps } from './types'
import { beside, reachOf, type Shape } from '../grids/planes'

const shape: Shape = [2, 3, 4]

test('cells and their places in the order are one another', () => {
  for (let place = 0; place < 24; place++) expect(placeOf(cellAt(place, shape), shape)).toBe(place)
  expect(cellAt(17, shape)).toEqual([1, 1, 1])
})

test('forward and backward go through the same cells', () => {
  expect(cellOfStep(-1, 24, shape)).toBeNull()
  expect(cellOfStep(5, 24, shape)).toEqual(cellOfStep(29, 24, shape))
  expect(cellOfStep(48, 24, shape)).toEqual([1, 2, 3])
})

test('arrow keys stay inside their map', () => {
  expect(beside([1, 0, 0], 'ArrowUp', shape)).toEqual([1, 0, 0])
  expect(beside([1, 0, 0], 'ArrowDown', shape)).toEqual([1, 1, 0])
  expect(beside([1, 0, 3], 'ArrowRight', shape)).toEqual([1, 0, 3])
  expect(beside([1, 0, 3], 'Home', shape)).toEqual([1, 0, 0])
  expect(beside([1, 0, 3], 'x', shape)).toBeNull()
  expect(within([5, 1, 9], shape)).toEqual([1, 1, 3])
})

test('maps fill one after the other', () => {
  expect([0, 1].map((map) => filled(5, map, shape))).toEqual([5, 0])
  expect([0, 1].map((map) => filled(14, map, shape))).toEqual([12, 2])
  expect([0, 1].map((map) => filled(99, map, shape))).toEqual([12, 12])
})

const backward = (cell: number[], rows: number[], columns: number[], after: number, bias: number) => ({
  kind: 'backward' as const,
  cell,
  rows,
  columns,
  upstream: 1,
  to_input: [[[1]]],
  to_weights: [[[1]]],
  to_bias: 1,
  input_after: [[[after]]],
  weights_after: [[[after * 10]]],
  bias_after: bias,
  latex: '',
  sentence: '',
})
const steps: Steps = {
  first: 10,
  before: {
    input: [
      [
        [0, 0],
        [0, 0],
      ],
    ],
    weights: [[[[0]]]],
    bias: [0],
  },
  steps: [
    backward([0, 0, 0], [0], [0], 3, 1),
    backward([0, 0, 1], [0], [1], 4, 2),
    backward([0, 1, 0], [-1], [0], 9, 3),
  ],
}

test('sums are what the server says, in their places', () => {
  expect(sumsAt(steps, 10)?.input).toEqual([
    [
      [0, 0],
      [0, 0],
    ],
  ])
  const one = sumsAt(steps, 11)!
  expect(one.input).toEqual([
    [
      [3, 0],
      [0, 0],
    ],
  ])
  expect([one.weights, one.bias]).toEqual([[[[[30]]]], [1]])
  const two = sumsAt(steps, 12, { sums: one, end: 11 })!
  expect(two).toEqual(sumsAt(steps, 12))
  expect(two.input).toEqual([
    [
      [3, 4],
      [0, 0],
    ],
  ])
  // What was given out is not changed, and padding has no place.
  expect(one.input).toEqual([
    [
      [3, 0],
      [0, 0],
    ],
  ])
  expect(sumsAt(steps, 13)?.input).toEqual(two.input)
  expect(steps.before?.input).toEqual([
    [
      [0, 0],
      [0, 0],
    ],
  ])
  expect(sumsAt({ ...steps, before: null }, 12)).toBeNull()
})

test('a small layer is read, a large one seen', () => {
  expect(paceOf(19)).toBe(1500)
  expect(paceOf(9409)).toBeCloseTo(12.75, 2)
  expect(paceOf(1e6)).toBe(12)
})

test('the largest size gets the full colour', () => {
  expect(
    reachOf([
      [
        [1, -5],
        [null, 2],
      ],
    ]),
  ).toBe(5)
})

test('a narrow screen has a line a step', () => {
  expect(stacked('h = a + b = 3')).toBe('\\begin{aligned} h &= a + b \\\\ &= 3 \\end{aligned}')
  expect(stacked('x, \\quad y')).toBe('\\begin{aligned} &x, \\\\ &y \\end{aligned}')
})

test('three characters are brief', () => {
  expect(isBrief([[[255, -12, 0, null]], [[999]]])).toBe(true)
  for (const long of [0.5, -100, 1000, NaN]) expect(isBrief([[[1, long]]])).toBe(false)
})
