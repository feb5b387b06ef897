import { expect, test } from 'vitest'
import {
  changed,
  fits,
  framed,
  inverse,
  lengthened,
  MOST_IN_ALL,
  MOST_POINTS,
  MOST_STROKES,
  passes,
  read,
  unframed,
  within,
  type Ink,
  type Point,
  type Stroke,
} from './ink'
import { outline } from './outline'

const stroke = (
  id: string,
  points: readonly Point[] = [
    [0.1, 0.5],
    [0.9, 0.5],
  ],
): Stroke => ({
  id,
  screen: 0,
  block: 2,
  box: [1000, 100],
  width: 7,
  points,
})
const ids = (ink: Ink): string[] => ink.map(({ id }) => id)
const box = { left: 100, top: 50, width: 200, height: 400 }

test('a stroke that goes on takes the place of itself', () => {
  const ink = [stroke('a'), stroke('b')]
  const longer = stroke('a', [[0, 0]])
  expect(changed(ink, { add: [longer] })).toEqual([longer, ink[1]])
  expect(inverse(ink, { add: [longer] })).toBe(null)
})

test.each([
  ['a stroke that came', { add: [stroke('c')] }],
  ['a stroke that went', { take: ['a'] }],
  ['all of them', { take: ['a', 'b'] }],
])('%s is taken back', (_, change) => {
  const ink = [stroke('a'), stroke('b')]
  const back = inverse(ink, change)!
  expect(ids(changed(ink, change))).not.toEqual(['a', 'b'])
  expect(ids(changed(changed(ink, change), back)).sort()).toEqual(['a', 'b'])
})

test('to take away what is not there is no change', () => {
  expect(inverse([stroke('a')], { take: ['z'] })).toBe(null)
})

test('a stroke without end stays bounded, and goes where the hand went', () => {
  let long = stroke('a', [])
  for (let at = 0; at < 5000; at++) long = lengthened(long, [[at / 5000, 0.123456]])
  expect(long.points.length).toBeLessThanOrEqual(MOST_POINTS)
  expect(long.points[0]).toEqual([0, 0.1235])
  expect(long.points.at(-1)![0]).toBeGreaterThan(0.99)
})

test('a lesson has room for so many strokes and so many points', () => {
  const many = Array.from({ length: MOST_STROKES }, (_, id) => stroke(String(id)))
  expect(fits(many.slice(1))).toBe(true)
  expect(fits(many)).toBe(false)
  const long = stroke(
    'long',
    Array.from({ length: MOST_POINTS }, () => [0, 0] as const),
  )
  expect(fits(Array.from({ length: MOST_IN_ALL / MOST_POINTS }, () => long))).toBe(false)
})

test('an eraser finds a stroke where its block is now', () => {
  const [x, y] = [200, 250]
  expect(within(box, x, y)).toEqual([0.5, 0.5])
  expect(passes(stroke('a'), box, x, y + 10, 12)).toBe(true)
  expect(passes(stroke('a'), box, x, y + 14, 12)).toBe(false)
  expect(passes(stroke('a'), { ...box, top: 500 }, x, y, 12)).toBe(false)
  expect(passes(stroke('dot', [[0.5, 0.5]]), box, x + 5, y, 12)).toBe(true)
})

test('a drawing is found again in a block of any size', () => {
  const drawing = { left: 140, top: 90, width: 2, height: 2 }
  const frame = framed(box, drawing)
  expect(unframed(box, frame)).toEqual(drawing)
  expect(unframed({ left: 0, top: 0, width: 400, height: 400 }, frame)).toEqual({
    left: 80,
    top: 40,
    width: 4,
    height: 2,
  })
})

test.each([
  ['nothing', null],
  ['no JSON', '{'],
  ['no list', '{"id": 1}'],
  ['a stroke without points', JSON.stringify([stroke('a', [])])],
  ['a stroke of words', JSON.stringify([{ ...stroke('a'), points: [['x', 'y']] }])],
  ['a stroke in half a frame', JSON.stringify([{ ...stroke('a'), frame: [0, 0] }])],
  ['a stroke without a block', JSON.stringify([{ ...stroke('a'), block: null }])],
])('%s is no ink', (_, text) => {
  expect(read(text)).toEqual([])
})

test('ink is read as it was kept', () => {
  const ink = [stroke('a'), stroke('b', [[0.5, 0.5, 0.3]])]
  expect(read(JSON.stringify(ink))).toEqual(ink)
})

test.each<[string, readonly Point[]]>([
  [
    'a line',
    [
      [0.1, 0.5],
      [0.9, 0.5],
    ],
  ],
  ['a dot', [[0.5, 0.5]]],
  [
    'a pen that is pressed',
    [
      [0.1, 0.5, 0.2],
      [0.5, 0.2, 0.9],
    ],
  ],
])('%s has a shape', (_, points) => {
  expect(outline(stroke('a', points))).toMatch(/^M[-\d. ]+Q[-\d. ]+Z$/)
})
