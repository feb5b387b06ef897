/** What is seen of a step from one volume to the next, and where in a drawing something is dropped. */
import type { Drawing, Volume } from './types'

export type Point = readonly [number, number]

/** How far a row's height counts against being near it sideways. */
const STEEP = 3

const center = ({ middle, y, height }: Volume): Point => [middle, y + height / 2]

/** A point on a way, at a share of its length. */
export function along(points: readonly Point[], share: number): Point {
  const lengths = points.slice(1).map(([x, y], n) => Math.hypot(x - points[n]![0], y - points[n]![1]))
  let left = share * lengths.reduce((sum, length) => sum + length, 0)
  for (const [n, length] of lengths.entries()) {
    const [[a, b], [c, d]] = [points[n]!, points[n + 1]!]
    if (left <= length && length > 0) return [a + ((c - a) * left) / length, b + ((d - b) * left) / length]
    left -= length
  }
  return points.at(-1)!
}

/** What goes into a volume, on its way: from its neighbour, and along every wire that ends in it. */
export function pulses({ volumes, wires }: Drawing, target: number, share: number): Point[] {
  const volume = volumes[target]
  if (!volume || share >= 1) return []
  const ways = wires
    .filter((wire) => wire.target === target)
    .map(({ source, points }): Point[] => [
      center(volumes[source]!),
      ...(points as [number, number][]),
      center(volume),
    ])
  const before = volume.after === null ? undefined : volumes[volume.after]
  return [...(before ? [[center(before), center(volume)]] : []), ...ways].map((way) => along(way, share))
}

/** The step at which a walk tells most: behind the first pooling a map is smaller, and more are made of it. */
export function telling(volumes: readonly Volume[]): number {
  const pooled = volumes.findIndex(({ kind }) => kind === 'pooling')
  const last = volumes.length - 1
  return pooled > 0 && pooled < last ? pooled + 1 : Math.ceil(last / 2)
}

/** Behind which volume something goes that is dropped: the last to the left, in the nearest row. */
export function slotAt(volumes: readonly Volume[], x: number, y: number): number {
  let [found, least] = [0, Infinity]
  for (const [n, volume] of volumes.entries()) {
    if (volume.middle > x) continue
    const off = volume.branch ? STEEP * Math.abs(y - center(volume)[1]) : 0
    const distance = x - volume.middle + off
    if (distance <= least) [found, least] = [n, distance]
  }
  return found
}

/** Where the line is drawn that marks a slot: x, and from which height to which. */
export function slotLine({ volumes, height }: Drawing, slot: number): [number, number, number] | null {
  const [at, next] = [volumes[slot], volumes[slot + 1]]
  if (!at) return null
  if (at.branch) return [at.x + at.width + at.recede + 5, at.top - 4, at.y + at.height + 4]
  const beside = next && !next.branch
  return [beside ? (at.middle + next.middle) / 2 : at.middle + at.width / 2 + 14, 6, height - 30]
}
