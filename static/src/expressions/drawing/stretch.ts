/**
 * The server's drawing made to fit a window: wires shorter where it is too wide to be read, rows further
 * apart where there is height to spare. Nodes keep their sizes, and wires their ends.
 */
import type { Layout, PlacedNode, Wire } from '../../figure/api'
import { fit, type Size } from './view'

const SHORTEST = 0.42 // of a wire's length
const FARTHEST = 1.8 // times a row's distance

export type Stretch = { wires: number; rows: number }

/** Stretches from one column of nodes to the next, where there is nothing but wires. */
function gapsOf(layout: Layout): [number, number][] {
  const spans = layout.nodes
    .map(({ x, width, out }): [number, number] => [x - width / 2, out.x])
    .sort((a, b) => a[0] - b[0])
  const gaps: [number, number][] = []
  let end = spans[0]?.[1] ?? 0
  for (const [from, to] of spans) {
    if (from > end) gaps.push([end, from])
    end = Math.max(end, to)
  }
  return gaps
}

/** How a drawing is stretched for a window: as far as it helps text to be `natural`, the size it is drawn in. */
export function stretchFor(layout: Layout, window: Size, margin: number, top: number, most: number): Stretch {
  if (!window.width || !layout.nodes.length) return { wires: 1, rows: 1 }
  const room = window.width - 2 * margin
  const free = gapsOf(layout).reduce((sum, [from, to]) => sum + to - from, 0)
  const over = Math.max(0, layout.width - room)
  const wires = free && over ? Math.max(SHORTEST, 1 - over / free) : 1
  const width = layout.width - free * (1 - wires)
  const { scale } = fit({ width, height: layout.height }, window, margin, most, top)
  const rows = (window.height - top - 2 * margin) / (layout.height * scale)
  return { wires, rows: Math.min(FARTHEST, Math.max(1, rows)) }
}

export function stretched(layout: Layout, { wires, rows }: Stretch): Layout {
  if (wires === 1 && rows === 1) return layout
  const gaps = gapsOf(layout)
  const across = (x: number): number =>
    gaps.reduce((at, [from, to]) => at - (1 - wires) * Math.max(0, Math.min(x, to) - from), x)
  const round = (n: number) => Math.round(n * 10) / 10
  const point = ({ x, y }: { x: number; y: number }) => ({ x: round(across(x)), y: round(y * rows) })
  const nodes = layout.nodes.map((node): PlacedNode => {
    const dx = across(node.out.x) - node.out.x
    const dy = node.y * (rows - 1)
    const moved = <P extends { x: number; y: number }>(at: P): P => ({
      ...at,
      x: round(at.x + dx),
      y: round(at.y + dy),
    })
    const { grid } = node
    return {
      ...moved(node),
      label: moved(node.label),
      out: moved(node.out),
      grid: grid && { ...moved(grid), gradient_y: round(grid.gradient_y + dy) },
    }
  })
  const heights = new Map(layout.nodes.map(({ id, y }) => [id, y]))
  const moved = (wire: Wire): Wire => {
    const points = wire.points.map(([x, y]): [number, number] => [round(across(x)), round(y * rows)])
    // At its gate a wire keeps its distance from the gate's middle.
    const middle = heights.get(wire.target) ?? 0
    const last = wire.points.at(-1)!
    const lift = round((last[1] - middle) * (1 - rows))
    // Level into the gate from where it is level, but a wire that is level from its start bends halfway.
    let level = points.length
    while (level > 0 && wire.points[level - 1]![1] === last[1]) level--
    for (let at = level || points.length - 2; at < points.length; at++)
      points[at]![1] = round(points[at]![1] + lift)
    let path = `M${points[0]!.join(' ')}`
    for (let at = 0; at < points.length; at += 4)
      path += `C${points
        .slice(at + 1, at + 4)
        .map((p) => p.join(' '))
        .join(' ')}`
    return { ...wire, points, path, label: point(wire.label) }
  }
  return {
    width: round(across(layout.width)),
    height: round(layout.height * rows),
    nodes,
    wires: layout.wires.map(moved),
  }
}
