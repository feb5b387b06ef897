import { expect, test } from 'vitest'
import type { Layout, PlacedNode, Wire } from '../../figure/api'
import { portAt, walk, type Spot } from './walk'

const placed = (id: string, x: number, y: number): PlacedNode => ({
  id,
  kind: 'gate',
  x,
  y,
  width: 44,
  height: 44,
  label: { x: x + 60, y },
  grid: null,
  out: { x: x + 100, y },
})
const wire = (source: string, target: string, position: number, y: number): Wire => ({
  source,
  target,
  position,
  path: '',
  points: [
    [0, y],
    [1, y],
    [2, y],
    [3, y],
  ],
  label: { x: 0, y },
})
const layout: Layout = {
  width: 400,
  height: 200,
  nodes: [placed('x', 0, 0), placed('y', 0, 60), placed('f', 200, 30)],
  wires: [wire('x', 'f', 0, 20), wire('y', 'f', 1, 40)],
}
const node = (id: string): Spot => ({ kind: 'node', id })

test('along the wires', () => {
  const first = walk(layout, node('f'), 'left')!
  expect(first).toEqual({ kind: 'wire', key: 'x→f→0' })
  expect(walk(layout, first, 'left')).toEqual(node('x'))
  expect(walk(layout, first, 'right')).toEqual(node('f'))
  expect(walk(layout, first, 'down')).toEqual({ kind: 'wire', key: 'y→f→1' })
  expect(walk(layout, first, 'up')).toBe(null)
  expect(walk(layout, node('f'), 'right')).toBe(null)
})

test('across to the neighbours', () => {
  expect(walk(layout, node('x'), 'down')).toEqual(node('y'))
  expect(walk(layout, node('y'), 'up')).toEqual(node('x'))
})

test('the port that is meant is the nearest', () => {
  expect([portAt(layout, 'f', 10), portAt(layout, 'f', 39)]).toEqual([0, 1])
})
