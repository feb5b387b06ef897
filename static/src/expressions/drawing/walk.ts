/** Walking through a graph with the arrow keys: from a node along its wires, across to its neighbours. */
import type { Layout, Wire } from '../../figure/api'
import { wireKey } from '../reveal'

export type Spot = { kind: 'node'; id: string } | { kind: 'wire'; key: string }
export type Direction = 'left' | 'right' | 'up' | 'down'

const keyOf = ({ source, target, position }: Wire) => wireKey(source, target, position)
const wireSpot = (wire: Wire | undefined): Spot | null => (wire ? { kind: 'wire', key: keyOf(wire) } : null)

export function walk(layout: Layout, from: Spot, direction: Direction): Spot | null {
  return from.kind === 'node' ? fromNode(layout, from.id, direction) : fromWire(layout, from.key, direction)
}

function fromNode(layout: Layout, id: string, direction: Direction): Spot | null {
  if (direction === 'left') return wireSpot(into(layout, id)[0])
  if (direction === 'right') return wireSpot(outOf(layout, id)[0])
  const here = layout.nodes.find((node) => node.id === id)
  if (!here) return null
  // The nearest node above or below; a step sideways counts three times.
  const sign = direction === 'up' ? -1 : 1
  let best: Spot | null = null
  let least = Infinity
  for (const node of layout.nodes) {
    const rise = (node.y - here.y) * sign
    if (node.id === id || rise <= 1) continue
    const distance = rise + 3 * Math.abs(node.x - here.x)
    if (distance < least) {
      least = distance
      best = { kind: 'node', id: node.id }
    }
  }
  return best
}

function fromWire(layout: Layout, key: string, direction: Direction): Spot | null {
  const wire = layout.wires.find((other) => keyOf(other) === key)
  if (!wire) return null
  if (direction === 'left') return { kind: 'node', id: wire.source }
  if (direction === 'right') return { kind: 'node', id: wire.target }
  // The other wires of the same gate first; at its ends, those of the same fork.
  const step = direction === 'up' ? -1 : 1
  for (const siblings of [into(layout, wire.target), outOf(layout, wire.source)]) {
    const next = siblings[siblings.findIndex((other) => keyOf(other) === key) + step]
    if (next) return wireSpot(next)
  }
  return null
}

const into = (layout: Layout, id: string): Wire[] =>
  layout.wires.filter(({ target }) => target === id).sort((a, b) => a.position - b.position)

const outOf = (layout: Layout, id: string): Wire[] =>
  layout.wires.filter(({ source }) => source === id).sort((a, b) => endOf(a)[1] - endOf(b)[1])

export const endOf = (wire: Wire): readonly [number, number] => wire.points.at(-1) ?? [0, 0]

/** The port of a gate that a hand at height y means. */
export function portAt(layout: Layout, target: string, y: number): number {
  let position = 0
  let least = Infinity
  for (const wire of into(layout, target)) {
    const distance = Math.abs(endOf(wire)[1] - y)
    if (distance < least) {
      least = distance
      position = wire.position
    }
  }
  return position
}
