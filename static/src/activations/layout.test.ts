import { expect, test } from 'vitest'
import { cornerOf, groupsOf, layoutOf, pointed, type Layout } from './layout'
import type { LayerRow } from './types'

type Told = [name: string, type: string, shape: number[], inputs: string[], follows?: string]
const row = ([name, type, shape, inputs, follows]: Told): LayerRow => ({
  name,
  type,
  kind: '',
  inputs,
  shape,
  weights: {},
  parameters: 0,
  activation: { min: 0, max: 0, mean: 0, zeros: 0, norm: 0, reach: 0 },
  gradient: null,
  weight_gradient: null,
  follows: follows ?? null,
  receptive_field: null,
  strongest: null,
})

const FIRE = (
  [
    ['input', 'Input', [3, 32, 32], []],
    ['0', 'Conv2d', [64, 16, 16], ['input']],
    ['1', 'ReLU', [64, 16, 16], ['0'], '0'],
    ['f.squeeze', 'Conv2d', [16, 16, 16], ['1']],
    ['f.relu', 'ReLU', [16, 16, 16], ['f.squeeze'], 'f.squeeze'],
    ['f.small', 'Conv2d', [32, 16, 16], ['f.relu']],
    ['f.large', 'Conv2d', [96, 16, 16], ['f.relu']],
    ['f.concat', 'Concat', [128, 16, 16], ['f.small', 'f.large']],
    ['pool', 'AdaptiveAvgPool2d', [128, 1, 1], ['f.concat']],
    ['flatten', 'Flatten', [128], ['pool']],
    ['fc', 'Linear', [10], ['flatten']],
  ] satisfies Told[]
).map(row)

const SIZE = { width: 600, height: 400, gap: 16 }

function apart({ places }: Layout): void {
  for (const [i, a] of places.entries())
    for (const b of places.slice(i + 1)) {
      const beside = a.x + a.width <= b.x || b.x + b.width <= a.x
      const above = a.y + a.height <= b.y || b.y + b.height <= a.y
      expect(beside || above, `${a.group.name} and ${b.group.name}`).toBe(true)
    }
}

test('what follows a layer shares its place, and wires lead to the place', () => {
  const groups = groupsOf(FIRE)
  expect(groups.map(({ name }) => name)).not.toContain('1')
  expect(groups.find(({ name }) => name === 'f.squeeze')!.sources).toEqual(['0'])
  expect(groups.find(({ name }) => name === 'f.concat')!.sources).toEqual(['f.small', 'f.large'])
})

test('all of a network fits the room, and nothing lies on anything else', () => {
  const layout = layoutOf(groupsOf(FIRE), SIZE)
  expect(layout.width).toBe(SIZE.width)
  for (const { x, y, width, height, group, across, cell } of layout.places) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(SIZE.width + 1)
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y + height).toBeLessThanOrEqual(SIZE.height + 1)
    if (!group.knot) expect(Math.ceil(group.shape[0] / across) * (cell[1] + 1) - 1).toBe(height)
  }
  apart(layout)
})

test('closer, it is wider than the room and its maps are larger', () => {
  const groups = groupsOf(FIRE)
  const [whole, close] = [layoutOf(groups, SIZE), layoutOf(groups, { ...SIZE, zoom: 2 })]
  expect(close.width).toBeGreaterThan(SIZE.width)
  expect(close.places[1]!.cell[0]).toBeGreaterThan(whole.places[1]!.cell[0])
  apart(close)
})

test('parallel paths stand one above the other, a skip runs over what it skips', () => {
  const layout = layoutOf(groupsOf(FIRE), SIZE)
  const at = (name: string) => layout.places.find(({ group }) => group.name === name)!
  expect(at('f.small').y + at('f.small').height).toBeLessThan(at('f.large').y)
  expect(layout.modules.map(({ text }) => text)).toEqual(['input', '0', 'f', 'pool', 'fc'])
  expect(layout.sides.map(({ text }) => text)).toEqual(['32 × 32', '16 × 16', 'numbers'])

  const residual = (
    [
      ['input', 'Input', [3, 8, 8], []],
      ['a', 'Conv2d', [4, 8, 8], ['input']],
      ['b', 'Conv2d', [4, 8, 8], ['a']],
      ['down.0', 'Conv2d', [4, 8, 8], ['a']],
      ['add', 'Add', [4, 8, 8], ['b', 'down.0', 'a']],
      ['add.relu', 'ReLU', [4, 8, 8], ['add'], 'add'],
    ] satisfies Told[]
  ).map(row)
  const skipping = layoutOf(groupsOf(residual), SIZE)
  const skip = skipping.wires.find(({ source, target }) => source === 'a' && target === 'add')!
  const over = Number(/H/.test(skip.path) && /V([\d.]+)Q/.exec(skip.path)![1])
  expect(over).toBeLessThan(skipping.places.find(({ group }) => group.name === 'b')!.y)
  apart(skipping)
  const ends = skipping.modules.map(({ x, width }) => [x, x + width] as const)
  for (const [i, [, end]] of ends.slice(0, -1).entries()) expect(end).toBeLessThanOrEqual(ends[i + 1]![0])
})

test('a point is on the map and the pixel that are painted there', () => {
  const place = layoutOf(groupsOf(FIRE), SIZE).places[1]!
  for (const channel of [0, 1, 17, 63]) {
    const [x, y] = cornerOf(place, channel)!
    expect(pointed(place, x, y)).toEqual({ channel, row: 0, column: 0 })
    const [last, lowest] = [x + place.cell[0] - 0.01, y + place.cell[1] - 0.01]
    expect(pointed(place, last, lowest)).toEqual({ channel, row: 15, column: 15 })
  }
  expect(pointed(place, -1, 0)).toBeNull()
  expect(pointed(place, 0, place.height + 50)).toBeNull()
})

const ranked = (channels: number[]) => ({ channels, values: channels.map(() => 1) })
const RANKED = FIRE.map((layer) =>
  layer.name === '1'
    ? {
        ...layer,
        strongest: {
          size: ranked([40, 3, 9, 1, 63, 5, 22, 8, 30]),
          part: ranked([9, 8, 7, 6, 5, 4, 3, 2, 1]),
        },
      }
    : layer,
)

test('the strongest maps are drawn as the server has ranked them, the rest is folded away', () => {
  const size = groupsOf(RANKED, 'size').find(({ name }) => name === '0')!
  expect(size.shown).toEqual([40, 3, 9, 1, 63, 5, 22, 8])
  const part = groupsOf(RANKED, 'part').find(({ name }) => name === '0')!
  expect(part.shown).toEqual([9, 8, 7, 6, 5, 4, 3, 2])
  const open = groupsOf(RANKED, 'size', ['0']).find(({ name }) => name === '0')!
  expect(open.shown).toEqual(Array.from({ length: 64 }, (_, i) => i))
  expect(groupsOf(RANKED, 'size').find(({ name }) => name === 'fc')!.shown).toHaveLength(10)
})

test('the strongest maps are large enough to be seen, wherever they stand, and none lies on another', () => {
  const room = { ...SIZE, least: 28, foot: 20 }
  const layout = layoutOf(groupsOf(RANKED, 'size'), room)
  apart(layout)
  for (const { group, cell, y, height } of layout.places) {
    if (group.knot || group.shape[1] === 1) continue
    expect(Math.max(...cell), group.name).toBeGreaterThanOrEqual(28)
    expect(y + height + room.foot).toBeLessThanOrEqual(SIZE.height)
  }
  const narrow = layoutOf(groupsOf(RANKED, 'size'), { ...room, width: 100 })
  expect(narrow.width).toBeGreaterThan(100)
})

test('a point of a map is on the channel that is drawn there', () => {
  const layout = layoutOf(groupsOf(RANKED, 'size'), { ...SIZE, least: 28, foot: 20 })
  const place = layout.places.find(({ group }) => group.name === '0')!
  for (const channel of place.group.shown) {
    const [x, y] = cornerOf(place, channel)!
    expect(pointed(place, x, y)?.channel).toBe(channel)
  }
  expect(cornerOf(place, 2)).toBeNull()
})
