import { expect, it } from 'vitest'
import { decades, decadeStep, boxOf, nameSpots, place, ticks } from './scatter'

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

const CHART = { left: 0, right: 440, top: 0, bottom: 280 }

it('puts a lone name above its dot', () => {
  expect(nameSpots([{ x: 200, y: 100, said: 'VGG-16' }], CHART, 450)).toEqual([
    { x: 200, y: 93, anchor: 'middle', lead: null },
  ])
})
it.each([1, 2, 3, 4, 5, 6, 7, 8])('lets no name stand on another or on a dot, %i', (seed) => {
  const dots = Array.from({ length: 15 }, (_, i) => ({
    x: 100 + ((i * 53 * seed) % 330),
    y: 40 + ((i * 37 * seed) % (30 * seed)),
    said: 'ResNet-1522222'.slice(0, 6 + ((i * 5) % 8)),
  }))
  const spots = nameSpots(dots, CHART, 450)
  const boxes = spots.map((spot, i) => boxOf(spot, dots[i]!.said))
  boxes.forEach((a, i) => {
    expect(a.left >= 0 && a.top >= 0 && a.bottom <= 280).toBe(true)
    for (const b of boxes.slice(0, i))
      expect(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top).toBe(true)
    for (const { x, y } of dots) expect(x > a.left && x < a.right && y > a.top && y < a.bottom).toBe(false)
    for (const [j, { lead }] of spots.entries())
      if (lead && j !== i)
        for (let share = 0; share <= 1; share += 0.01) {
          const [x, y] = [0, 1].map((n) => {
            const from = [dots[j]!.x, dots[j]!.y][n]!
            return from + share * (lead[n]! - from)
          })
          expect(x! > a.left && x! < a.right && y! > a.top && y! < a.bottom).toBe(false)
        }
  })
})
