import { expect, test } from 'vitest'
import { around, boundsOf, columnsOf, lengthOf } from './chart'
import type { Frame } from './types'

const frame = (step: number, train: number | null, validation: number | null): Frame =>
  ({
    step,
    steps: 6,
    at: step * 10,
    end: 60,
    run: { train, validation, shown: [] },
    control: { train: 0.5, validation: 0.6, shown: [] },
  }) as unknown as Frame

test('columns end where one looks, and leave out what is no number', () => {
  const frames = [frame(0, 1, 2), frame(1, 0.5, null), frame(2, 0.1, 3)]
  expect(columnsOf(frames, 1)).toEqual([
    [0, 10],
    [1, 0.5],
    [2, null],
    [0.5, 0.5],
    [0.6, 0.6],
  ])
})

test('a loss of nothing has a place on a logarithmic axis too', () => {
  expect(columnsOf([frame(0, 0, 1)], 0)[1]?.[0]).toBeGreaterThan(0)
})

test('the axis is as long as the run from its first frame on', () => {
  expect(lengthOf([frame(0, 1, 1)])).toEqual([0, 60])
  expect(lengthOf([])).toEqual([0, 1])
})

test('a chart has as many curves as are named, of the run and then of its control', () => {
  const more = frame(0, 1, 2)
  more.run.more = [5]
  expect(columnsOf([more], 0, 3)).toEqual([[0], [1], [2], [5], [0.5], [0.6], [null]])
})

test('what is no loss has bounds a little beyond it, and begins at 0 where that is near', () => {
  expect(around([0.9, 0.5], false)[0]).toBeCloseTo(0.468)
  expect(around([0.02, 1], false)[0]).toBe(0)
  expect(around([1e-18, 1], true)).toEqual([1e-4, 1])
  expect(around([1e-18, 1], true, true)).toEqual([1e-18, 1])
})

test('bounds are powers of ten, at least one apart, and no run away', () => {
  expect(boundsOf([frame(0, 0.02, 3)])).toEqual([0.01, 10])
  expect(boundsOf([frame(0, 1e-20, 1e30)])).toEqual([1e-4, 1e4])
  expect(boundsOf([])).toEqual([0.01, 1])
  const [low, high] = boundsOf([frame(0, 0.5, 0.5)])
  expect(high / low).toBeGreaterThanOrEqual(10)
})
