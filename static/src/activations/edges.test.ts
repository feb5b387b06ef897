import { expect, test } from 'vitest'
import { bringsOf, edgesOf, sentenceOf } from './edges'
import type { Place } from './layout'
import type { LayerRow, Origins } from './types'

const place = (name: string, x: number, shown: number[]): Place => ({
  group: {
    layers: [{ name } as LayerRow, { name: `${name}.relu` } as LayerRow],
    name,
    shape: [64, 14, 14],
    sources: [],
    knot: false,
    shown,
  },
  x,
  y: 0,
  width: 28,
  height: 28 * shown.length,
  cell: [28, 28],
  across: 1,
})
const PLACES = [place('one', 0, [5, 9]), place('two', 100, [3, 4])]
const origin = (channel: number, share: number, leaning: number | null) => ({
  layer: 'one.relu',
  channel,
  share,
  mean: leaning === null ? null : share * leaning,
  leaning,
})
const same = (name: string): string => name
const MADE: Origins = {
  layer: 'two',
  channel: 4,
  mean: 0.5,
  bias: 0.1,
  origins: [origin(9, 0.5, 0.9), origin(5, 0.25, -0.6), origin(40, 0.1, 0.05)],
  omitted: 61,
  omitted_share: 0.15,
}

test('an edge leads from each origin to the map, the wider the larger its share', () => {
  const { edges, veil } = edgesOf(PLACES, MADE, 20)
  expect(edges.map(({ channel, brings }) => [channel, brings])).toEqual([
    [9, 'adds'],
    [5, 'takes'],
    [40, 'both'],
  ])
  expect(edges[0]!.width).toBeGreaterThan(edges[1]!.width)
  expect(edges[1]!.width).toBeGreaterThan(edges[2]!.width)
  for (const { path } of edges) expect(path).toMatch(/ 100 43$/)
  expect(edges[0]!.path).toMatch(/^M28 43/)
  // One that is folded away begins at what says so, under its layer.
  expect(edges[2]!.path).toMatch(/^M28 66/)
  // Two layers that fade, four maps that do not.
  expect(veil.match(/M/g)).toHaveLength(6)
})

test('what is not drawn has no edges', () => {
  expect(edgesOf(PLACES, { ...MADE, layer: 'three' }, 20)).toEqual({ edges: [], veil: '' })
})

test('where a layer does not add, nothing is said to add or to take', () => {
  expect([null, 1, -1, 0].map(bringsOf)).toEqual(['is', 'adds', 'takes', 'both'])
})

test('a sentence names the same maps', () => {
  expect(sentenceOf(MADE, 'Map', same)).toBe(
    'Map 4 of two is made from 9 of one.relu (50 %), 5 (25 %), 40 (10 %) and 61 more, by what each brings.',
  )
  expect(sentenceOf({ ...MADE, origins: [origin(9, 1, null)], omitted: 0 }, 'Map', same)).toBe(
    'Map 4 of two is made from 9 of one.relu alone.',
  )
  expect(sentenceOf({ ...MADE, origins: [], omitted: 0 }, 'Map', same)).toContain('given')
})
