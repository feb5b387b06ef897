import { expect, test } from 'vitest'
import { clock, elapsed, pressed } from './timer'

test('a time that was paused goes on where it stood', () => {
  const begun = pressed(null, 1000)
  expect(elapsed(begun, 61_000)).toBe(60_000)
  const paused = pressed(begun, 61_000)
  expect(elapsed(paused, 999_000)).toBe(60_000)
  const again = pressed(paused, 100_000)
  expect(elapsed(again, 105_000)).toBe(65_000)
})

test('a clock that was set back takes no time away', () => {
  expect(elapsed({ ran: 5000, since: 9000 }, 4000)).toBe(5000)
})

test.each([
  [0, '00:00'],
  [59_999, '00:59'],
  [600_000, '10:00'],
  [6_005_000, '100:05'],
])('%d ms are %s', (time, says) => {
  expect(clock(time)).toBe(says)
})
