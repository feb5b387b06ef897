/** Scales of charts: where a value stands between two ends, and round values to mark. */

export function place(value: number, low: number, high: number, from: number, to: number): number {
  return from + ((value - low) / (high - low)) * (to - from)
}

/** Every multiple of `step` from low to high. */
export function ticks(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step)
  const count = Math.floor(high / step) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step)
}

/** The powers of ten around some values, as exponents: what an axis on a log scale reaches. */
export function decades(values: readonly number[]): [number, number] {
  const logs = values.filter((value) => value > 0).map(Math.log10)
  if (!logs.length) return [-1, 0]
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))]
  return low === high ? [low, low + 1] : [low, high]
}

/** How far apart marks on so many decades stand, so that there are nine at most. */
export const decadeStep = (span: number): number =>
  [1, 2, 5, 10, 20, 50].find((step) => span / step <= 8) ?? 100

export type Dot = { x: number; y: number; said: string }
export type Spot = {
  x: number
  y: number
  anchor: 'start' | 'middle' | 'end'
  /** Where the line from the dot ends, for a name in the column. */
  lead: [number, number] | null
}
type Box = { left: number; right: number; top: number; bottom: number }

/** What a letter takes at most, at the projector's size, and how far apart names in the column are. */
const LETTER = 9.6
const APART = 18
const DOT = 3
/** Where a name stands beside its dot, the best place first. */
const BESIDE: readonly [number, number, Spot['anchor']][] = [
  [0, -7, 'middle'],
  [-8, 5, 'end'],
  [8, 5, 'start'],
  [0, 19, 'middle'],
]

/**
 * Where each dot's name stands: beside it where that hides nothing, else in a column at the right, with a
 * line to its dot. No name stands on another.
 */
export function nameSpots(dots: readonly Dot[], chart: Box, column: number): Spot[] {
  const beside = dots.map(() => null as Spot | null)
  const taken: Box[] = dots.map(({ x, y }) => ({
    left: x - DOT,
    right: x + DOT,
    top: y - DOT,
    bottom: y + DOT,
  }))
  // From the left on: what stands far from the column finds its place first.
  const order = [...dots.keys()].sort((a, b) => dots[a]!.x - dots[b]!.x)
  for (const i of order) {
    const dot = dots[i]!
    for (const [right, down, anchor] of BESIDE) {
      const spot = { x: dot.x + right, y: dot.y + down, anchor, lead: null }
      const box = boxOf(spot, dot.said)
      const within =
        box.left >= chart.left &&
        box.right <= chart.right &&
        box.top >= chart.top &&
        box.bottom <= chart.bottom
      if (!within || taken.some((other) => meet(box, other))) continue
      taken.push(box)
      beside[i] = spot
      break
    }
  }
  for (;;) {
    const listed = inColumn(
      dots.filter((_, i) => !beside[i]),
      chart,
      column,
    )
    // A name that a line runs through goes to the column too.
    const crossed = beside.findIndex(
      (spot, i) =>
        spot && [...listed].some(([dot, { lead }]) => runsThrough(dot, lead!, boxOf(spot, dots[i]!.said))),
    )
    if (crossed < 0) return dots.map((dot, i) => beside[i] ?? listed.get(dot)!)
    beside[crossed] = null
  }
}

/** What a name takes. */
export function boxOf({ x, y, anchor }: Spot, said: string): Box {
  const width = LETTER * said.length
  const left = x - width * { start: 0, middle: 0.5, end: 1 }[anchor]
  return { left, right: left + width, top: y - 14, bottom: y + 4 }
}

/** Names from top to bottom, each as high as its dot or pushed on by the one above. */
function inColumn(dots: readonly Dot[], chart: Box, x: number): Map<Dot, Spot> {
  let last = -Infinity
  const placed = [...dots]
    .sort((a, b) => a.y - b.y)
    .map((dot) => ({ dot, y: (last = Math.max(dot.y, last + APART, chart.top + APART / 2)) }))
  const over = Math.max(0, last - chart.bottom + APART / 2)
  return new Map(
    placed.map(({ dot, y }) => [dot, { x, y: y - over + 5, anchor: 'start', lead: [x - 3, y - over] }]),
  )
}

const meet = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/** Whether a straight line passes through a box that lies between its ends. */
function runsThrough({ x, y }: Dot, [endX, endY]: [number, number], box: Box): boolean {
  const [from, to] = [Math.max(x, box.left), Math.min(endX, box.right)]
  if (from >= to) return false
  const height = (at: number) => y + ((at - x) / (endX - x)) * (endY - y)
  const [a, b] = [height(from), height(to)]
  return Math.min(a, b) < box.bottom && Math.max(a, b) > box.top
}
