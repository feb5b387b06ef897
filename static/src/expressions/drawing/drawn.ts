/** What of a drawing is drawn, and how its parts are called. */
import type { GridPlace, Node, PlacedNode, Value, Wire } from '../../figure/api'
import { isPreview, readable, rowsOf } from '../../grids/cells'
import { breadth, formatNumber, formatShape, shortNumber } from '../../numbers/format'
import { signOf } from './sign'
import { seen, type Box, type Size, type View } from './view'

const SQUARE = 160
/** Room for the shape and the scale at a grid. */
const SHAPE = 30

/** Characters that an entry of a grid may have. */
export const ENTRY = 6.8
/** What is broader, a negative power of ten, is drawn narrower; the others keep their size. */
const BROADEST = 6.4
/** Of a character, in its size. */
const CHARACTER = 0.61

/** The size of the numbers in a grid, all of them the same; a grid without numbers sets no limit. */
export function entrySize(value: Value | null, { rows, columns, width }: GridPlace): number {
  if (value === null || isPreview(value) || !readable(rows, columns)) return Infinity
  const texts = rowsOf(value, columns).flatMap((row) =>
    row.map((entry) => breadth(shortNumber(entry, ENTRY))),
  )
  return Math.min(15, (width / columns - 4) / (Math.min(BROADEST, Math.max(4.1, ...texts)) * CHARACTER))
}

/** The width that an entry is drawn in where its own is too much for its cell. */
export function narrowed(text: string, size: number, cell: number): number | undefined {
  const room = cell - 4
  return breadth(text) * CHARACTER * size > room + 0.5 ? room : undefined
}

/** What can be seen, in coarse squares, so that panning changes what is drawn only now and then. */
export function coarse(view: View, window: Size): Box {
  const exact = seen(view, window, SQUARE)
  return {
    x: Math.floor(exact.x / SQUARE) * SQUARE,
    y: Math.floor(exact.y / SQUARE) * SQUARE,
    width: Math.ceil(exact.width / SQUARE + 1) * SQUARE,
    height: Math.ceil(exact.height / SQUARE + 1) * SQUARE,
  }
}

export function boundsOf(placed: PlacedNode): Box {
  const top = Math.min(placed.y - placed.height, placed.grid?.y ?? Infinity)
  const bottom = placed.grid ? placed.grid.gradient_y + placed.grid.height : placed.y + placed.height
  return {
    x: placed.x - placed.width,
    y: top,
    width: placed.out.x - placed.x + placed.width,
    height: bottom - top,
  }
}

/**
 * What should be seen of a step, from most to least: its node with those that it takes from or gives to,
 * the node alone, and of a node with grids only the grid that the step fills.
 */
export function spokenOf(places: PlacedNode[], forward: boolean): Box[] {
  const [placed] = places
  if (!placed) return []
  const alone = withNumbers(placed)
  const boxes = [places.map(withNumbers).reduce(union), alone]
  if (!placed.grid) return boxes
  const middle = placed.y + (forward ? placed.height : -placed.height) / 2
  const [top, bottom] = forward ? [alone.y, middle] : [middle, alone.y + alone.height]
  const { grid } = placed
  const only = { x: grid.x - 4, y: forward ? grid.y - SHAPE : grid.gradient_y - 8 }
  return [
    ...boxes,
    { ...alone, y: top, height: bottom - top },
    { ...only, width: grid.width + 8, height: grid.height + SHAPE + 8 },
  ]
}

function withNumbers({ x, y, width, out, grid }: PlacedNode): Box {
  const left = x - width / 2 - 6
  const top = grid ? grid.y - SHAPE : y - 40
  const bottom = grid ? grid.gradient_y + grid.height + SHAPE : y + 40
  return { x: left, y: top, width: out.x - left, height: bottom - top }
}

function union(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)]
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  }
}

const bounds = new WeakMap<Wire, Box>()

export function wireBounds(wire: Wire): Box {
  let box = bounds.get(wire)
  if (!box) {
    const xs = wire.points.map(([x]) => x)
    const ys = wire.points.map(([, y]) => y)
    const [x, y] = [Math.min(...xs), Math.min(...ys)]
    box = { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
    bounds.set(wire, box)
  }
  return box
}

/** "q, + gate, value 3, gradient −4", as far as it is known at this step. */
export function describeNode(node: Node, value: boolean, gradient: boolean): string {
  const name = node.name ?? (node.op === 'constant' ? node.gate : 'unnamed')
  const parts = [
    name,
    node.op === 'input' ? 'input' : node.op === 'constant' ? 'constant' : `${signOf(node.gate)} gate`,
  ]
  if (node.shape.length) parts.push(`shape ${formatShape(node.shape)}`)
  if (value && typeof node.value === 'number') parts.push(`value ${formatNumber(node.value)}`)
  if (gradient && typeof node.gradient === 'number') parts.push(`gradient ${formatNumber(node.gradient)}`)
  return parts.join(', ')
}
