/** Planes and maps on a canvas: a pixel an entry, scaled without smoothing. */
import { shade, type Rgb } from '../cells'
import type { Plane } from './types'

/** How an entry gets its colour: a photo's channel in its own light, everything else around zero. */
export type Tint = 'red' | 'green' | 'blue' | 'gray' | 'signed'

export function bitmap(plane: Plane, tint: Tint, most: number, zero: Rgb): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.height = plane.length
  canvas.width = plane[0]?.length ?? 1
  const context = canvas.getContext('2d')
  if (!context) return canvas
  const image = context.createImageData(canvas.width, canvas.height)
  let at = 0
  for (const row of plane)
    for (const value of row) {
      const [red, green, blue] = colour(value ?? 0, tint, most, zero)
      image.data[at] = red
      image.data[at + 1] = green
      image.data[at + 2] = blue
      image.data[at + 3] = 255
      at += 4
    }
  context.putImageData(image, 0, 0)
  return canvas
}

const LIGHT: Record<Exclude<Tint, 'signed'>, Rgb> = {
  red: [255, 66, 48],
  green: [80, 214, 92],
  blue: [84, 138, 255],
  gray: [255, 255, 255],
}

export function colour(value: number, tint: Tint, most: number, zero: Rgb): Rgb {
  if (tint === 'signed') return shade(most ? value / most : 0, zero)
  const share = Math.min(1, Math.max(0, value / 255))
  const [red, green, blue] = LIGHT[tint]
  // Half of the way is white light, so that a bright pixel looks bright in every channel.
  const glow = share * share * 0.35
  return [red, green, blue].map((full) =>
    Math.round(full * share * (1 - glow) + 255 * share * glow),
  ) as unknown as Rgb
}

/** A canvas as large as it is shown, in device pixels; its context is scaled to CSS pixels. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio || 1
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w
    canvas.height = h
  }
  const context = canvas.getContext('2d')
  if (!context) return null
  context.setTransform(w / width, 0, 0, h / height, 0, 0)
  context.clearRect(0, 0, width, height)
  context.imageSmoothingEnabled = false
  return context
}

/** Diagonal lines over a rectangle: input that no window covers, or padding. */
export function hatch(
  context: CanvasRenderingContext2D,
  [x, y, width, height]: readonly [number, number, number, number],
  ink: string,
  gap = 5,
): void {
  context.save()
  context.beginPath()
  context.rect(x, y, width, height)
  context.clip()
  context.beginPath()
  for (let d = Math.floor((x + y) / gap) * gap; d < x + y + width + height; d += gap) {
    context.moveTo(d - y, y)
    context.lineTo(d - y - height, y + height)
  }
  context.strokeStyle = ink
  context.lineWidth = 1
  context.stroke()
  context.restore()
}
