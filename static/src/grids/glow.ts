/** A map of numbers from 0 to 1 as glowing ink over a picture: the larger, the less one sees through. */
const GLOW = [255, 176, 0] as const

export function paint(canvas: HTMLCanvasElement, grid: readonly (readonly number[])[]): void {
  canvas.height = grid.length
  canvas.width = grid[0]?.length ?? 1
  const context = canvas.getContext('2d')
  if (!context) return
  const image = context.createImageData(canvas.width, canvas.height)
  let at = 0
  for (const row of grid) {
    for (const value of row) {
      image.data.set(shade(value), at)
      at += 4
    }
  }
  context.putImageData(image, 0, 0)
}

/** Dark where nothing counts, glowing where most does. */
export function shade(value: number): [number, number, number, number] {
  const share = Math.sqrt(Math.min(1, Math.max(0, value)))
  return [Math.round(GLOW[0] * share), Math.round(GLOW[1] * share), Math.round(30 * (1 - share)), 235]
}
