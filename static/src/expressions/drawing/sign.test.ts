import { expect, test } from 'vitest'
import { signOf } from './sign'

test.each([
  ['*', '×'],
  ['*-1', '×−1'],
  ['^2', 'x²'],
  ['^-2', 'x⁻²'],
  ['^0.5', '^0.5'],
  ['-', '−'],
  ['exp', 'exp'],
])('the gate %s is written %s', (gate, written) => {
  expect(signOf(gate)).toBe(written)
})
