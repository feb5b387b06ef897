import { expect, test } from 'vitest'
import type { Layout } from '../../figure/api'
import fanOut from '../fixtures/fan-out.json'
import first from '../fixtures/first.json'
import { stretched, stretchFor } from './stretch'

const layouts = [first, fanOut].map((answer) => (answer as unknown as { layout: Layout }).layout)

test.each(layouts)('wires end where their nodes are, however far it is stretched', (layout) => {
  for (const stretch of [
    { wires: 0.5, rows: 1 },
    { wires: 1, rows: 1.7 },
    { wires: 0.42, rows: 1.8 },
  ]) {
    const made = stretched(layout, stretch)
    for (const [k, wire] of made.wires.entries()) {
      const before = layout.wires[k]!
      const of = (drawing: Layout, id: string) => drawing.nodes.find((node) => node.id === id)!
      const [source, target] = [of(made, wire.source), of(made, wire.target)]
      expect(wire.points[0]![0]).toBeCloseTo(source.out.x, 0)
      expect(wire.points[0]![1]).toBeCloseTo(source.out.y, 0)
      const port = (drawing: Layout, points: [number, number][]) => {
        const node = of(drawing, wire.target)
        return [points.at(-1)![0] - node.x, points.at(-1)![1] - node.y]
      }
      expect(port(made, wire.points)[0]).toBeCloseTo(port(layout, before.points)[0]!, 0)
      expect(port(made, wire.points)[1]).toBeCloseTo(port(layout, before.points)[1]!, 0)
      // x never falls, and where one curve ends the next begins.
      for (let at = 1; at < wire.points.length; at++)
        expect(wire.points[at]![0]).toBeGreaterThanOrEqual(wire.points[at - 1]![0] - 0.2)
      for (let at = 4; at < wire.points.length; at += 4)
        expect(Math.abs(wire.points[at]![1] - wire.points[at - 1]![1])).toBeLessThan(0.2)
      expect(target.width).toBe(of(layout, wire.target).width)
    }
    expect(made.width).toBeLessThanOrEqual(layout.width)
  }
})

test('a drawing that has room stays as it is laid out, and one that has none gets shorter wires', () => {
  const [layout] = layouts
  const wide = stretchFor(layout!, { width: 1600, height: layout!.height }, 0, 0, 1)
  expect(wide).toEqual({ wires: 1, rows: 1 })
  const narrow = stretchFor(layout!, { width: 344, height: 400 }, 8, 0, 1.6)
  expect(narrow.wires).toBeLessThan(0.6)
  expect(narrow.rows).toBeGreaterThan(1)
})
