import { expect, it } from 'vitest'
import { both, short, shortBytes, size, whole } from './amounts'

it.each([
  [0, '0'],
  [612, '612'],
  [999, '999'],
  [1000, '1k'],
  [61_706, '61.7k'],
  [999_960, '1M'],
  [102_764_544, '102.8M'],
  [15_470_264_320, '15.5G'],
])('%d is %s', (amount, text) => expect(short(amount)).toBe(text))

it('says sizes', () => {
  expect(shortBytes(40)).toBe('40 B')
  expect(shortBytes(12_845_056)).toBe('12.8\u00a0MB')
  expect(whole(138_357_544)).toBe('138,357,544')
  expect(size([64, 7, 7])).toBe('64\u2009×\u20097\u2009×\u20097')
  expect(size(null)).toBe('–')
  expect(both([7, 7])).toBe('7')
  expect(both([3, 5])).toBe('3\u2009×\u20095')
})
