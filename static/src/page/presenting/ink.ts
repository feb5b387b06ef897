/** Strokes of a pen on a lesson: each is bound to the block of a screen that it was begun on. */

/** Shares of the block's width and height, which may lie outside of it; and a pen's pressure, from 0 to 1. */
export type Point = readonly [x: number, y: number, pressure?: number]
export type Stroke = {
  id: string
  screen: number
  /** Which of the screen's blocks, in their order; -1 is the screen itself. */
  block: number
  /** The block's width and height when it was drawn, and the pen's width, in CSS pixels. */
  box: readonly [width: number, height: number]
  width: number
  /**
   * Where the block has a drawing with coordinates of its own: what of the block their unit square was when the
   * stroke was drawn. The points are in them, and so are box and width.
   */
  frame?: readonly [x: number, y: number, width: number, height: number]
  points: readonly Point[]
}
export type Ink = readonly Stroke[]

/** Strokes that come, or take the place of their former selves, and those that go, by their ids. */
export type Change = { add?: Ink; take?: readonly string[] }

export const MOST_POINTS = 400
export const MOST_STROKES = 300
/** Of a lesson, so that a course of ink fits into a browser's storage. */
export const MOST_IN_ALL = 12_000

export function changed(ink: Ink, { add = [], take = [] }: Change): Ink {
  const known = new Set(ink.map(({ id }) => id))
  const now = new Map(add.map((stroke) => [stroke.id, stroke]))
  const kept = ink.filter(({ id }) => !take.includes(id)).map((stroke) => now.get(stroke.id) ?? stroke)
  return [...kept, ...add.filter(({ id }) => !known.has(id))]
}

/** What takes a change back; null where it only went on with a stroke, or did nothing. */
export function inverse(ink: Ink, { add = [], take = [] }: Change): Change | null {
  const came = add.map(({ id }) => id).filter((id) => !ink.some((stroke) => stroke.id === id))
  const went = ink.filter(({ id }) => take.includes(id))
  return came.length || went.length ? { add: went, take: came } : null
}

/** Whether another stroke may be begun. */
export const fits = (ink: Ink): boolean =>
  ink.length < MOST_STROKES && ink.reduce((sum, { points }) => sum + points.length, 0) < MOST_IN_ALL

const rounded = (share: number): number => Math.round(share * 1e4) / 1e4

/** A stroke that goes on; one that is too long loses every other point. */
export function lengthened(stroke: Stroke, more: readonly Point[]): Stroke {
  const come = more.map((point) => (point as readonly number[]).map(rounded) as unknown as Point)
  let points = [...stroke.points, ...come]
  while (points.length > MOST_POINTS) points = points.filter((_, place) => place % 2 === 0)
  return { ...stroke, points }
}

export type Box = Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>

/** A place of the window as shares of a block. */
export const within = (box: Box, x: number, y: number): readonly [number, number] => [
  (x - box.left) / box.width,
  (y - box.top) / box.height,
]

/** What of a block a box in the window is, as shares of it. */
export function framed(block: Box, box: Box): readonly [number, number, number, number] {
  return [...within(block, box.left, box.top), box.width / block.width, box.height / block.height]
}

/** Where such a part of a block is now. */
export const unframed = (
  block: Box,
  [x, y, width, height]: readonly [number, number, number, number],
): Box => ({
  left: block.left + x * block.width,
  top: block.top + y * block.height,
  width: width * block.width,
  height: height * block.height,
})

/** Whether a stroke passes within a reach of a place, both in CSS pixels, where its block is now. */
export function passes({ points }: Stroke, box: Box, x: number, y: number, reach: number): boolean {
  const at = points.map(
    ([across, down]) => [box.left + across * box.width, box.top + down * box.height] as const,
  )
  return at.some((end, place) => {
    const start = at[Math.max(0, place - 1)]!
    const way = [end[0] - start[0], end[1] - start[1]] as const
    const long = way[0] ** 2 + way[1] ** 2
    const share = long ? ((x - start[0]) * way[0] + (y - start[1]) * way[1]) / long : 0
    const near = Math.max(0, Math.min(1, share))
    return Math.hypot(x - start[0] - near * way[0], y - start[1] - near * way[1]) <= reach
  })
}

const isNumber = (value: unknown): value is number => Number.isFinite(value)
const areNumbers = (value: unknown, least: number, most: number): boolean =>
  Array.isArray(value) && value.length >= least && value.length <= most && value.every(isNumber)

function isStroke(value: unknown): value is Stroke {
  const { id, screen, block, box, width, frame, points } = (value ?? {}) as Partial<Stroke>
  return (
    typeof id === 'string' &&
    [screen, block, width].every(isNumber) &&
    areNumbers(box, 2, 2) &&
    (frame === undefined || areNumbers(frame, 4, 4)) &&
    Array.isArray(points) &&
    points.length > 0 &&
    points.length <= MOST_POINTS &&
    points.every((point) => areNumbers(point, 2, 3))
  )
}

/** What was kept as text; nothing where it is no ink. */
export function read(text: string | null): Ink {
  try {
    const found: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(found) ? found.filter(isStroke).slice(0, MOST_STROKES) : []
  } catch {
    return []
  }
}
