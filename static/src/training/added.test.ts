import { expect, test } from 'vitest'
import { movedBy, nextPlace, plotOf } from './added'

const data = { domain: [-0.05, 1.05, -4.7, 2.8] as [number, number, number, number], x: [0, 1] }
const plot = plotOf(data, 320, 250)

test('a place of the picture is the point that is drawn there, in hundredths', () => {
  for (const place of [
    [0, 0],
    [0.25, -3.07],
    [1, 2.8],
  ])
    expect(plot.placeOf(plot.x(place[0]!), plot.y(place[1]!))).toEqual(place)
})

test('beyond the picture and beside the points there is no place: the nearest is taken', () => {
  expect(plot.placeOf(0, -50)).toEqual([0, 2.8])
  expect(plot.placeOf(400, 999)).toEqual([1, -4.7])
  const odd = plotOf({ ...data, domain: [-0.05, 1.05, -4.705, 2.8] }, 320, 250)
  expect(odd.placeOf(160, 999)[1]).toBe(-4.7)
})

test('arrow keys move a point, further with the shift key, and no other key does', () => {
  const [x, y] = movedBy('ArrowUp', [0.5, 0], plot, false)!
  expect(x).toBe(0.5)
  expect(y).toBeGreaterThan(0)
  expect(movedBy('ArrowUp', [0.5, 0], plot, true)![1]).toBeGreaterThan(y!)
  expect(movedBy('ArrowRight', [1, 0], plot, false)).toEqual([1, 0])
  expect(movedBy('a', [0.5, 0], plot, false)).toBeNull()
})

test('those that are added without a place stand beside each other', () => {
  const places = Array.from({ length: 8 }, (_, i) => nextPlace(data, i))
  expect(new Set(places.map(String)).size).toBe(8)
})
