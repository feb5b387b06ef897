import { expect, test } from 'vitest'
import { seen } from './view'

test('a window goes where a part is in its middle, and stays where it shows the part', () => {
  expect(seen([100, 200], 0, 400, 40)).toBeNull()
  expect(seen([100, 200], 70, 400, 40)).toBe(-50)
  expect(seen([500, 600], 0, 400, 40)).toBe(350)
  expect(seen([340, 380], 0, 400, 0)).toBeNull()
  expect(seen([340, 380], 0, 400, 40)).toBe(160)
})
