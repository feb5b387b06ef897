import { expect, test } from 'vitest'
import { coloursOf, paintMosaic, picked, sharedReach, weightMaps, type Maps } from './mosaic'

const colours = Uint32Array.from({ length: 256 }, (_, i) => i)
const GROUND = 999

function painted(maps: Maps, cell: [number, number], across: number, each: boolean): number[] {
  const down = Math.ceil(maps.shape[0] / across)
  const width = across * (cell[0] + 1) - 1
  const pixels = new Uint32Array(width * (down * (cell[1] + 1) - 1)).fill(GROUND)
  paintMosaic(pixels, width, maps, { cell, gap: 1, across }, colours, each)
  return [...pixels]
}

const two: Maps = {
  shape: [2, 1, 2],
  values: Uint8Array.from([1, 255, 128, 255]),
  scales: Float32Array.from([2, 1]),
  reach: 2,
}

test('bytes are colours, each map on its own scale or all on one', () => {
  expect(painted(two, [2, 1], 2, true)).toEqual([1, 255, GROUND, 128, 255])
  // On one scale the second map's largest, 1 of 2, is half as far from the middle: 63.5 steps.
  expect(painted(two, [2, 1], 2, false)).toEqual([1, 255, GROUND, 128, 192])
})

test('a cell with fewer pixels than its map shows the strongest, one with more repeats', () => {
  const map: Maps = {
    shape: [1, 2, 4],
    values: Float32Array.from([0.1, 1, -0.5, 0, 0, -0.9, 0.2, 0.4]),
    scales: null,
    reach: 1,
  }
  expect(painted(map, [2, 1], 1, false)).toEqual([255, 128 - 63])
  expect(painted({ ...map, shape: [1, 1, 1], values: Float32Array.of(1) }, [2, 2], 1, true)).toEqual([
    255, 255, 255, 255,
  ])
})

test('one strong map of many does not leave the others pale', () => {
  expect(sharedReach([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1000])).toBe(9)
  expect(sharedReach([0, 3])).toBe(3)
  expect(sharedReach([0, 0])).toBe(0)
})

test('some of the maps, in their own order and on the scale of all; one that has not come is blank', () => {
  const some = picked(two, [1, undefined])
  expect(some.shape).toEqual([2, 1, 2])
  expect([...some.values]).toEqual([128, 255, 128, 128])
  expect([...some.scales!]).toEqual([1, 0])
  expect(some.reach).toBe(two.reach)
  const floats = picked({ ...two, values: Float32Array.of(1, -4, 2, 0), scales: null }, [0])
  expect([...floats.values]).toEqual([1, -4])
  expect(floats.reach).toBe(two.reach)
})

test('a map of nothing is all paper', () => {
  const none: Maps = {
    shape: [1, 1, 2],
    values: Uint8Array.from([128, 128]),
    scales: Float32Array.of(0),
    reach: 0,
  }
  expect(painted(none, [2, 1], 1, true)).toEqual([128, 128])
  expect(painted(none, [2, 1], 1, false)).toEqual([128, 128])
})

test('zero is the paper, negative is blue, positive orange', () => {
  const [least, zero, most] = [0, 128, 255].map((i) => coloursOf([255, 255, 255])[i]!)
  const rgb = (packed: number) => [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255]
  expect(rgb(zero!)).toEqual([255, 255, 255])
  expect(rgb(least!)[2]).toBeGreaterThan(rgb(least!)[0]!)
  expect(rgb(most!)[0]).toBeGreaterThan(rgb(most!)[2]!)
})

test('the kernels of a filter stand side by side', () => {
  // Two filters of three 1 x 2 kernels: a square of 2 x 2 kernels with the last place empty.
  const { shape, values } = weightMaps(
    Float32Array.from({ length: 12 }, (_, i) => i + 1),
    [2, 3, 1, 2],
  )
  expect(shape).toEqual([2, 2, 4])
  expect([...values]).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0])
})
