/** Points of the visitor's own: where they may be put, and how keys move them. */
import type { Data } from './types'

/** A picture of that size, in its own units, and what of the plane it shows. */
export type Plot = {
  width: number
  height: number
  x: (value: number) => number
  y: (value: number) => number
  /** What of the plane is at a place of the picture, held within where a point may be. */
  placeOf: (x: number, y: number) => number[]
}

const MARGIN = 8
const FINE = 100 // a place is told in hundredths

export function plotOf({ domain, x }: Pick<Data, 'domain' | 'x'>, width: number, height: number): Plot {
  const [left, right, bottom, top] = domain
  const [first, last] = [x?.[0] ?? left, x?.at(-1) ?? right]
  const across = (width - 2 * MARGIN) / (right - left)
  const up = height / (top - bottom)
  return {
    width,
    height,
    x: (value) => MARGIN + (value - left) * across,
    y: (value) => height - (value - bottom) * up,
    placeOf: (x, y) => [
      within((x - MARGIN) / across + left, first, last),
      within((height - y) / up + bottom, bottom, top),
    ],
  }
}

/** In hundredths, inside of both bounds. */
function within(value: number, low: number, high: number): number {
  const [least, most] = [Math.ceil(low * FINE - 1e-6), Math.floor(high * FINE + 1e-6)]
  return Math.min(most, Math.max(least, Math.round(value * FINE))) / FINE + 0 // no -0
}

/** Where the next one is put that has been given no place: low, and not where the last one was. */
export const nextPlace = ({ domain: [, , bottom] }: Pick<Data, 'domain'>, count: number): number[] => [
  ((3 * count + 4) % 8) / 8 || 0.05,
  Math.ceil((bottom + 0.5) * FINE) / FINE,
]

/** A key's step, in units of a picture; five of them with the shift key. */
const KEYS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}
const STEP = 6

/** Where a key moves a point; null where it does not. */
export function movedBy(
  key: string,
  [a = 0, b = 0]: readonly number[],
  plot: Plot,
  far: boolean,
): number[] | null {
  const way = KEYS[key]
  const step = far ? 5 * STEP : STEP
  return way ? plot.placeOf(plot.x(a) + step * way[0], plot.y(b) + step * way[1]) : null
}
