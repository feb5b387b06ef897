import { describe, expect, it } from 'vitest'
import { fromSlide, STEPS, toSlide } from './slide'

describe('a short range', () => {
  const range = { low: 1, high: 16, whole: true }
  it.each([1, 3, 7, 16])('finds %d again', (value) =>
    expect(fromSlide(toSlide(value, range), range)).toBe(value),
  )
  it('stays within', () => expect(toSlide(99, range)).toBe(STEPS))
})

describe('a share', () => {
  const range = { low: 0, high: 1, whole: false }
  it('goes in hundredths', () => expect(fromSlide(toSlide(0.25, range), range)).toBe(0.25))
})

describe('a long range', () => {
  const range = { low: 1, high: 65_536, whole: true }
  it.each([1, 2, 64, 512, 4096, 65_536])('stops at %d', (value) =>
    expect(fromSlide(toSlide(value, range), range)).toBe(value),
  )
  it('is round elsewhere', () => expect(fromSlide(toSlide(1234, range), range)).toBe(1200))
})
