import { expect, test } from 'vitest'
import { latexOf, written } from './names'

test.each([
  ['x', { base: 'x', index: '', upright: false }],
  ['w10', { base: 'w', index: '10', upright: false }],
  ['x_1', { base: 'x', index: '1', upright: false }],
  ['yhat', { base: 'yhat', index: '', upright: true }],
  ['W1', { base: 'W', index: '1', upright: false }],
  ['lam', { base: 'λ', index: '', upright: false }],
  ['alpha2', { base: 'α', index: '2', upright: false }],
  ['a2b', { base: 'a2b', index: '', upright: true }],
])('%s', (name, parts) => {
  expect(written(name)).toEqual(parts)
})

test.each([
  ['lam', 'λ'],
  ['w10', 'w_{10}'],
  ['y_hat', '\\mathrm{y\\_hat}'],
])('%s in a formula', (name, latex) => {
  expect(latexOf(name)).toBe(latex)
})
