import { expect, test } from 'vitest'
import fanOut from '../fixtures/fan-out.json'
import type { Layout } from '../../figure/api'
import { wireKey } from '../reveal'
import { tagPlaces } from './tags'

const layout = fanOut.layout as unknown as Layout
const keys = layout.wires.map(({ source, target, position }) => wireKey(source, target, position))

test('numbers at a fork stand apart', () => {
  const places = [...tagPlaces(layout, new Set(keys)).values()]
  expect(places).toHaveLength(keys.length)
  for (const [i, a] of places.entries())
    for (const b of places.slice(i + 1))
      expect(Math.abs(a.x - b.x) > 58 || Math.abs(a.y - b.y) > 14).toBe(true)
})

test('only what is asked for gets a place', () => {
  expect([...tagPlaces(layout, new Set([keys[0]!])).keys()]).toEqual([keys[0]])
})
