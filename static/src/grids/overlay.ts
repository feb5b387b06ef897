/** A grid of numbers as ink over a picture: the larger, the less one sees through. */
import { BLUE, ORANGE } from './cells'

/** Small numbers are lifted, so that more than a few pixels are seen; the scale is lifted as they are. */
const LIFT = 0.6

/** How much of the ink a share of the largest number gets. */
export const inkOf = (share: number): number => Math.min(1, Math.abs(share)) ** LIFT

export function paintOver(
  canvas: HTMLCanvasElement,
  grid: readonly (readonly (number | null)[])[],
  reach: number,
): void {
  const [height, width] = [grid.length, grid[0]?.length ?? 1]
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (!context) return
  const image = context.createImageData(width, height)
  let at = 0
  for (const row of grid)
    for (const value of row) {
      const share = reach ? (value ?? 0) / reach : 0
      image.data.set([...(share < 0 ? BLUE : ORANGE), Math.round(255 * inkOf(share))], at)
      at += 4
    }
  context.putImageData(image, 0, 0)
}

/** The scale's colours, lifted alike, for a CSS gradient from `from` to 1. */
export function rampOf(from: -1 | 0, steps = 12): string {
  const stops = Array.from({ length: steps + 1 }, (_, i) => {
    const share = from + ((1 - from) * i) / steps
    return `rgb(${(share < 0 ? BLUE : ORANGE).join(' ')} / ${inkOf(share).toFixed(3)})`
  })
  return `linear-gradient(to right, ${stops.join(', ')})`
}
