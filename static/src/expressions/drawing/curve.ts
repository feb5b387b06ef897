/** A wire is a chain of cubic Béziers; a pulse asks where it is after a share of the way. */
import type { Point } from '../../figure/api'

export type Bezier = readonly (readonly [number, number])[]

export function pointOn([a, b, c, d]: Bezier, u: number): Point {
  if (!a || !b || !c || !d) return { x: 0, y: 0 }
  const v = 1 - u
  const [wa, wb, wc, wd] = [v * v * v, 3 * v * v * u, 3 * v * u * u, u * u * u]
  return {
    x: wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0],
    y: wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1],
  }
}

/** The Béziers of a wire, whose points come four by four. */
export function curveOf(points: readonly (readonly [number, number])[]): Bezier[] {
  const curve: Bezier[] = []
  for (let i = 0; i + 3 < points.length; i += 4) curve.push(points.slice(i, i + 4))
  return curve
}

const chord = ([a, , , d]: Bezier): number => (a && d ? Math.hypot(d[0] - a[0], d[1] - a[1]) : 0)

export const lengthOf = (curve: readonly Bezier[]): number =>
  curve.reduce((sum, bezier) => sum + chord(bezier), 0)

/** The point after `share` of a wire, each Bézier weighed by its chord. */
export function along(curve: readonly Bezier[], share: number): Point {
  const lengths = curve.map(chord)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  let left = Math.min(1, Math.max(0, share)) * total
  for (let i = 0; i < curve.length; i++) {
    const length = lengths[i] ?? 0
    if (left <= length || i === curve.length - 1) {
      return pointOn(curve[i] ?? [], length ? Math.min(1, left / length) : 1)
    }
    left -= length
  }
  return { x: 0, y: 0 }
}
