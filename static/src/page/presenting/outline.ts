/** The shape of a stroke; fetched with the first one. */
import { getStroke } from 'perfect-freehand'
import type { Stroke } from './ink'

const near = (value: number): number => Math.round(value * 10) / 10

/** An SVG path in the pixels of the block as it was when the stroke was drawn. */
export function outline({ points, box, width }: Stroke): string {
  const placed = points.map(([x, y, pressure = 0.5]) => [x * box[0], y * box[1], pressure])
  const simulatePressure = points.every((point) => point.length === 2)
  const shape = getStroke(placed, { size: width, thinning: 0.5, simulatePressure, last: true })
  const first = shape[0]
  if (!first) return ''
  // A curve through the middles of the sides, with the corners as its handles.
  const sides = shape.map(([x, y], place) => {
    const [nextX, nextY] = shape[(place + 1) % shape.length]!
    return `${near(x!)} ${near(y!)} ${near((x! + nextX!) / 2)} ${near((y! + nextY!) / 2)}`
  })
  return `M${near(first[0]!)} ${near(first[1]!)}Q${sides.join(' ')}Z`
}
