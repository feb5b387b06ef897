import { expect, test } from 'vitest'
import { FILL, placed, readEntry, readTensor, resized } from './reading'

const MATRIX = [
  [1, 2],
  [3, -4],
]

test.each([
  '[[1, 2], [3, -4]]',
  '[[1 2]\n [3 -4]]',
  '[[ 1.  2.]\n [ 3. -4.]]',
  'array([[1, 2],\n       [3, -4]])',
  'np.array([[1, 2], [3, -4]], dtype=float32)',
  'tensor([[1., 2.],\n        [3., -4.]])',
  '((1, 2), (3, -4))',
  '1\t2\n3\t-4\n',
  '1\t2\r\n3\t-4',
  '1, 2; 3, -4',
  '1 2\n3 \u22124',
])('a matrix written as %j', (text) => {
  expect(readTensor(text)).toEqual({ value: MATRIX })
})

test('vectors and numbers', () => {
  for (const text of ['1\t-2\t0.5', '1\n-2\n0.5', '[1, -2, 0.5]', '1 -2 .5', '1,0\t-2,0\t0,5'])
    expect(readTensor(text)).toEqual({ value: [1, -2, 0.5] })
  expect(readTensor(' \u22122.5 ')).toEqual({ value: -2.5 })
  expect(readTensor('3,5')).toEqual({ value: 3.5 })
  expect(readTensor('[[[1, 2]], [[3, 4]]]')).toEqual({ value: [[[1, 2]], [[3, 4]]] })
})

test.each([
  ['[1, -1', 'not closed'],
  ['1]', 'not opened'],
  ['[1, a]', '“a” is not a number'],
  ['1\t2\n3\tx', 'Row 2, column 2: “x” is not a number'],
  ['[[1, 2], [3]]', 'Row 2 has 1 number, row 1 has 2 numbers'],
  ['1 2\n3', 'Row 2 has 1 number, row 1 has 2 numbers'],
  ['[1, [2]]', 'Some entries are numbers'],
  ['[]', 'empty list'],
  ['', 'no number yet'],
  ['1e999', 'is not a number'],
])('what is wrong with %j is said in words', (text, words) => {
  expect(readTensor(text).says?.toLowerCase()).toContain(words.toLowerCase())
})

test('a block goes where it is pasted, or takes the place of all', () => {
  const texts = resized([], 2, 3)
  expect(placed(texts, [['5', '6']], 1, 1)).toEqual([
    ['0', '0', '0'],
    ['0', '5', '6'],
  ])
  expect(placed(texts, [['5', '6']], 1, 2)).toEqual([['5', '6']])
  expect(resized([['1', '2']], 2, 1)).toEqual([['1'], ['0']])
})

test('fills are known by their words', () => {
  for (const text of ['zeros(3, 2)', 'np.eye(3)', 'randn(2, 2, seed=4)', 'torch.ones((2, 3))'])
    expect(FILL.test(text)).toBe(true)
  expect(FILL.test('zeros(x)')).toBe(true) // the server says what is wrong with it
  expect(readEntry('')).toBe(null)
})
