import { expect, test } from 'vitest'
import { FADE, glow, placeOf, REST, shareOf, TRAIL, trailing } from './laser'

const box = { left: 100, top: 50, width: 400, height: 200 }

test('a place is the same share of a screen of any size', () => {
  const share = shareOf(box, 300, 100)!
  expect(share).toEqual({ x: 0.5, y: 0.25 })
  expect(placeOf({ left: 0, top: 0, width: 1000, height: 1000 }, share)).toEqual({ x: 500, y: 250 })
  expect(placeOf(box, share)).toEqual({ x: 300, y: 100 })
})

test.each([
  [99, 100],
  [300, 251],
])('beside the screen there is no place: %d, %d', (x, y) => {
  expect(shareOf(box, x, y)).toBe(null)
})

test('a screen that is not shown has no place', () => {
  expect(shareOf({ left: 0, top: 0, width: 0, height: 0 }, 0, 0)).toBe(null)
})

test('the trail goes, the newest place stays', () => {
  const way = [0, 100, 200].map((time) => ({ x: time, y: 0, time }))
  expect(trailing(way, 200)).toEqual(way)
  expect(trailing(way, 150 + TRAIL)).toEqual(way.slice(2))
  expect(trailing(way, 10_000)).toEqual(way.slice(2))
})

test('a trail is bounded however fast a hand is', () => {
  const way = Array.from({ length: 5000 }, (_, x) => ({ x, y: 0, time: 1 }))
  expect(trailing(way, 1).length).toBeLessThan(100)
  expect(trailing(way, 1).at(-1)!.x).toBe(4999)
})

test('a dot that rests fades, or goes at once where nothing is to move', () => {
  expect(glow(REST - 1, false)).toBe(1)
  expect(glow(REST + FADE / 2, false)).toBeCloseTo(0.5)
  expect(glow(REST + FADE / 2, true)).toBe(0)
  expect(glow(REST + 2 * FADE, false)).toBe(0)
})
