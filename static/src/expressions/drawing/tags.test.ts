import { expect, test } from 'vitest'
import crossing from '../fixtures/crossing.json'
import fanOut from '../fixtures/fan-out.json'
import type { Layout } from '../../figure/api'
import { wireKey } from '../reveal'
import { along, curveOf } from './curve'
import { tagPlaces } from './tags'

const layout = fanOut.layout as unknown as Layout
const keys = layout.wires.map(({ source, target, position }) => wireKey(source, target, position))

test('numbers at a fork stand apart', () => {
  const places = [...tagPlaces(layout, new Map(keys.map((key) => [key, '']))).values()]
  expect(places).toHaveLength(keys.length)
  for (const [i, a] of places.entries())
    for (const b of places.slice(i + 1))
      expect(Math.abs(a.x - b.x) > 58 || Math.abs(a.y - b.y) > 14).toBe(true)
})

test('only what is asked for gets a place', () => {
  expect([...tagPlaces(layout, new Map([[keys[0]!, '']])).keys()]).toEqual([keys[0]])
})

test('a number keeps off other wires, where they cross as well', () => {
  const crossed = crossing as unknown as Layout
  const curves = crossed.wires.map((wire) => ({
    key: wireKey(wire.source, wire.target, wire.position),
    curve: curveOf(wire.points),
  }))
  const places = tagPlaces(crossed, new Map(curves.map(({ key }) => [key, '−0.99'])))
  for (const [key, { x, y }] of places)
    for (const other of curves.filter((one) => one.key !== key))
      for (let t = 0; t <= 1; t += 0.005) {
        const at = along(other.curve, t)
        expect(Math.abs(at.x - x) < 20 && Math.abs(at.y - y) < 5, `${key} on ${other.key}`).toBe(false)
      }
})
