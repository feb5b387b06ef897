import { expect, test } from 'vitest'
import { marks } from './marks'

test('an error is marked rather than the step', () => {
  expect(marks('f = sigmod(x)', [4, 6], [0, 1])).toEqual([
    { text: 'f = ', kind: 'plain' },
    { text: 'sigmod', kind: 'error' },
    { text: '(x)', kind: 'plain' },
  ])
  expect(marks('x', null, null)).toEqual([{ text: 'x', kind: 'plain' }])
})

test('what is missing at the end has a place too', () => {
  expect(marks('x +', [3, 0], null)).toEqual([
    { text: 'x +', kind: 'plain' },
    { text: ' ', kind: 'error' },
  ])
})

test('places count characters', () => {
  expect(marks('𝑥+y', [2, 1], null)[1]).toEqual({ text: 'y', kind: 'error' })
})
