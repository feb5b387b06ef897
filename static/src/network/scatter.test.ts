import { expect, it } from 'vitest'
import { decades, decadeStep, place, ticks } from './scatter'

it('places', () => expect(place(5, 0, 10, 100, 200)).toBe(150))
it('marks multiples', () => expect(ticks(54, 80, 5)).toEqual([55, 60, 65, 70, 75, 80]))
it('reaches whole decades', () => {
  expect(decades([0.002, 30, 0])).toEqual([-3, 2])
  expect(decades([1])).toEqual([0, 1])
  expect(decades([0])).toEqual([-1, 0])
})
it('marks no more than nine decades', () => {
  expect([3, 12, 40, 300].map(decadeStep)).toEqual([1, 2, 5, 50])
})
