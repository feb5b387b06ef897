import { expect, test } from 'vitest'
import { flat, indexOf, positionOf, reach, rowsOf, shade } from './cells'

test('entries, rows and indices', () => {
  const matrix = [
    [1, 2, 3],
    [4, 5, -6],
  ]
  expect(flat(matrix)).toEqual([1, 2, 3, 4, 5, -6])
  expect(rowsOf(matrix, 3)).toEqual(matrix)
  expect(rowsOf([7, 8], 1)).toEqual([[7], [8]])
  expect(indexOf(5, [2, 3])).toEqual([1, 2])
  expect(positionOf([1, 2], [2, 3])).toBe(5)
  expect(indexOf(0, [])).toEqual([])
  expect(reach(matrix)).toBe(6)
})

test('zero is the colour of the paper', () => {
  const paper = [251, 250, 246] as const
  expect(shade(0, paper)).toEqual(paper)
  expect(shade(1, paper)).toEqual([214, 106, 18])
  expect(shade(-2, paper)).toEqual([38, 98, 168])
})
