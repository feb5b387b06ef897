import { expect, test } from 'vitest'
import {
  advance,
  arrived,
  backFrom,
  clamp,
  forwardFrom,
  presentStep,
  rangeOf,
  startOf,
  stepMilliseconds,
  travelled,
} from './player'

const track = { forward: 2, count: 7 }
const all = rangeOf(track, 'both')

test('modes play their part of the steps', () => {
  expect(rangeOf(track, 'both')).toEqual({ start: 0, end: 7 })
  expect(rangeOf(track, 'forward')).toEqual({ start: 0, end: 2 })
  expect(rangeOf(track, 'backward')).toEqual({ start: 2, end: 7 })
  expect(clamp(5, rangeOf(track, 'forward'))).toBe(2)
})

test('stepping finishes or takes back what is under way', () => {
  expect(forwardFrom(1, all)).toBe(2)
  expect(forwardFrom(1.4, all)).toBe(2)
  expect(forwardFrom(7, all)).toBe(7)
  expect(backFrom(2, all)).toBe(1)
  expect(backFrom(1.4, all)).toBe(1)
  expect(backFrom(0, all)).toBe(0)
})

test('the present step is under way until its pulse arrives', () => {
  expect([presentStep(0), arrived(0)]).toEqual([-1, 0])
  expect([presentStep(0.1), arrived(0.1)]).toEqual([0, 0])
  expect([presentStep(0.9), arrived(0.9)]).toEqual([0, 1])
  expect([presentStep(1), arrived(1)]).toEqual([0, 1])
  expect(travelled(3)).toBe(1)
  expect(travelled(3.3)).toBeCloseTo(0.5)
})

test('play runs to the end and starts again from there', () => {
  expect(advance(6.9, 10_000, 4, track, 'both')).toBe(7)
  expect(advance(0, stepMilliseconds(7), 1, track, 'both')).toBeCloseTo(1)
  expect(startOf(7, all)).toBe(0)
  expect(startOf(3, all)).toBe(3)
  expect(startOf(0, rangeOf(track, 'backward'))).toBe(2)
})

test('long graphs are not slept through', () => {
  expect(stepMilliseconds(7)).toBe(1500)
  expect(stepMilliseconds(600)).toBe(200)
  expect(stepMilliseconds(1e6)).toBe(90)
})
