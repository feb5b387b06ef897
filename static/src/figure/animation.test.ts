import { expect, test } from 'vitest'
import { around, framesOf, MOST_FRAMES, MOST_ROWS, stepsOf } from './animation'
import { rowsOf } from './halts'

test('every step of a short way is a frame, and the end', () => {
  expect(framesOf(4)).toEqual([0, 1, 2, 3, 4])
  expect(framesOf(0)).toEqual([0])
})

test('a long way has its first and its last step and no more frames than there may be', () => {
  for (const count of [118, 119, 120, 121, 500, 3000]) {
    const frames = framesOf(count)
    expect(frames.length).toBeLessThanOrEqual(MOST_FRAMES)
    expect([frames[0], frames.at(-1)]).toEqual([0, count])
    expect(frames).toEqual([...new Set(frames)].sort((a, b) => a - b))
  }
})

test('a way through cells is shown row by row, forward and backward', () => {
  expect(rowsOf(9, 19, [1, 3, 3])).toBeNull()
  // Two maps of 4 rows and 5 columns, there and back, and a last step that adds up.
  const rows = rowsOf(40, 81, [2, 4, 5])!
  expect(rows).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 81])
  expect(stepsOf({ count: 81, steps: rows })).toEqual(rows)
  expect(stepsOf({ count: 4, steps: null })).toEqual([0, 1, 2, 3, 4])
  // With more rows than frames, the first and the last are among them still.
  const many = stepsOf({ count: 2 * 20 * 900 + 1, steps: rowsOf(20 * 900, 2 * 20 * 900 + 1, [20, 30, 30]) })
  expect(many.length).toBeLessThanOrEqual(MOST_ROWS)
  expect([many[0], many.at(-1)]).toEqual([0, 36_001])
})

test('of a wide drawing as much is shown as can be read, and nothing beyond its edges', () => {
  const box = { x: 10, width: 4000 }
  expect(around(2000, box)).toEqual({ x: 1450, width: 1100 })
  expect(around(0, box)).toEqual({ x: 10, width: 1100 })
  expect(around(4010, box)).toEqual({ x: 2910, width: 1100 })
  expect(around(300, { x: 0, width: 600 })).toEqual({ x: 0, width: 600 })
})
