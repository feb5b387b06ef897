import { expect, test } from 'vitest'
import type { Drawing, Volume } from './types'
import { along, pulses, slotAt, slotLine, telling } from './walking'

const volume = (middle: number, y: number, more: Partial<Volume> = {}): Volume =>
  ({ x: middle - 15, middle, y, top: y - 10, width: 30, height: 30, recede: 10, after: null, branch: false, ...more }) as Volume // prettier-ignore
/** One that parts into two, which meet again: the second one's row is beneath. */
const volumes = [
  volume(100, 50),
  volume(200, 0, { branch: true }),
  volume(260, 0, { branch: true, after: 1 }),
  volume(200, 100, { branch: true }),
  volume(400, 50),
  volume(480, 50, { after: 4 }),
]
const wires = [
  [0, 1, 15],
  [0, 3, 115],
  [2, 4, 15],
  [3, 4, 115],
].map(([source, target, y]) => ({
  source,
  target,
  points: source === 0 ? [[125, 65], [150, 65], [150, y], [185, y]] : [[285, y], [350, y], [350, 65], [385, 65]],
})) // prettier-ignore
const drawing = { volumes, wires, height: 200, width: 600 } as unknown as Drawing

test('a point goes along a way at one pace', () => {
  const way = [[0, 0], [10, 0], [10, 30]] as const // prettier-ignore
  expect(along(way, 0)).toEqual([0, 0])
  expect(along(way, 0.25)).toEqual([10, 0])
  expect(along(way, 0.5)).toEqual([10, 10])
  expect(along(way, 1)).toEqual([10, 30])
})

test('a walk tells most behind the first pooling, and in its middle where there is none', () => {
  expect(telling(volumes)).toBe(3)
  const pooled = volumes.map((one, n) => ({ ...one, kind: n === 1 ? 'pooling' : 'convolution' }) as Volume)
  expect(telling(pooled)).toBe(2)
  expect(telling(pooled.slice(0, 2))).toBe(1)
})

test('a step comes from whatever a volume takes, along its wires', () => {
  expect(pulses(drawing, 2, 0.5)).toEqual([[230, 15]])
  expect(pulses(drawing, 5, 0.25)).toEqual([[420, 65]])
  expect(pulses(drawing, 4, 0)).toEqual([
    [260, 15],
    [200, 115],
  ])
  // Into the second row it comes from where both part, and not from the row above.
  expect(pulses(drawing, 3, 0)).toEqual([[100, 65]])
  expect(pulses(drawing, 0, 0.5)).toEqual([])
  expect(pulses(drawing, 4, 1)).toEqual([])
})

test('something is dropped into the row that is pointed at', () => {
  expect(slotAt(volumes, 110, 190)).toBe(0)
  expect(slotAt(volumes, 230, 20)).toBe(1)
  expect(slotAt(volumes, 275, 20)).toBe(2)
  expect(slotAt(volumes, 275, 110)).toBe(3)
  expect(slotAt(volumes, 430, 5)).toBe(4)
  expect(slotAt(volumes, 0, 0)).toBe(0)
})

test('the line that marks a slot stands in its row alone', () => {
  expect(slotLine(drawing, 4)).toEqual([440, 6, 170])
  expect(slotLine(drawing, 3)).toEqual([230, 86, 134])
  expect(slotLine(drawing, 0)).toEqual([129, 6, 170])
  expect(slotLine(drawing, 9)).toBeNull()
})
