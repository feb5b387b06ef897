import { expect, test } from 'vitest'
import type { Op } from '../figure/api'
import { complete, completions, wordBefore } from './completion'

const ops = ['+', 'sigmoid', 'sign', 'sin', 'softmax', 'exp'].map((name) => ({ name }) as Op)
const names = (word: string) => completions(ops, word).map(({ op }) => op.name)

test('ops that begin with what is typed', () => {
  expect(names('si')).toEqual(['sigmoid', 'sign', 'sin'])
  expect(names('exp')).toEqual([])
  expect(names('')).toEqual([])
})

test('the word before the caret', () => {
  expect(wordBefore('f = 2*sig', 9)).toBe('sig')
  expect(wordBefore('f = sigmoid', 6)).toBe('')
  expect(wordBefore('f = (', 5)).toBe('')
})

test('what is chosen takes the place of the word', () => {
  expect(complete('f = si + 1', 6, 'si', 'sin(')).toEqual(['f = sin( + 1', 8])
  expect(complete('f = si(x)', 6, 'si', 'sin(')).toEqual(['f = sin(x)', 7])
})
