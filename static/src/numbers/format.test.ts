import { expect, test } from 'vitest'
import { editable, formatNumber, formatShape, shortNumber, typed } from './format'
import { readValue } from './reading'

test.each([
  [0, '0'],
  [-0, '0'],
  [3, '3'],
  [-12, '−12'],
  [0.7310585786, '0.7311'],
  [-0.53123, '−0.5312'],
  [12345.678, '12346'],
  [1e-5, '1×10⁻⁵'],
  [0.00099999, '0.001'],
  [999999.7, '1×10⁶'],
  [1234567, '1.235×10⁶'],
  [-4.5e300, '−4.5×10³⁰⁰'],
  [0.1 + 0.2, '0.3'],
  [100, '100'],
  [2.0625, '2.062'],
  [2.0635, '2.063'],
  [-0.03125, '−0.03125'],
  [12344.5, '12344'],
  [9999.5, '10000'],
  [5e-324, '4.941×10⁻³²⁴'],
  [Infinity, '∞'],
  [-Infinity, '−∞'],
  [NaN, '–'],
  [null, '–'],
])('%s is written %s', (x, text) => {
  expect(formatNumber(x)).toBe(text)
})

test('shapes and values', () => {
  expect(formatShape([])).toBe('scalar')
  expect(formatShape([10, 3072])).toBe('10 × 3072')
  expect(
    editable([
      [1, 2.5],
      [3, -4],
    ]),
  ).toBe('[[1, 2.5], [3, -4]]')
})

test.each([
  [-0.009679, 6, '−0.01'],
  [0.009679, 6, '0.0097'],
  [123456, 6, '123456'],
  [-2.5158e-7, 6, '−3×10⁻⁷'],
  [-1e-7, 6, '−10⁻⁷'],
  [-123456, 6, '−123456'],
  [1234567, 6, '1×10⁶'],
  [1234567, 8, '1.23×10⁶'],
  [1.5, 6, '1.5'],
  [null, 6, '–'],
])('%s in %i characters is %s', (x, length, text) => {
  expect(shortNumber(x, length)).toBe(text)
})

test.each([1.8e-5, -1.8e-5, 1e-7, -2.5e300, 123456, -0.7311, 1e6])(
  '%s is typed plainly, and read back from either notation',
  (x) => {
    expect(typed(formatNumber(x))).toMatch(/^−?[\d.]+(e-?\d+)?$/)
    expect(readValue(formatNumber(x))).toBe(x)
    expect(readValue(typed(shortNumber(x, 6)))).toBe(readValue(shortNumber(x, 6)))
  },
)
