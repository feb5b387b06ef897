import { shade } from './cells'
import type { Rgb } from '../page/theme.svelte'
import type { Plane } from './planes'

/** How an entry gets its colour: a photo's channel in its own light, everything else around zero. */
export type Tint = 'red' | 'green' | 'blue' | 'gray' | 'signed'

/** Colours for 256 steps from -most to most (a photo: 0 to 255), packed as a canvas has them. */
const tables = new Map<string, Uint32Array>()
function table(tint: Tint, zero: Rgb): Uint32Array {
  const key = `${tint} ${zero.join()}`
  let colours = tables.get(key)
  if (!colours) {
    const bytes = new Uint8ClampedArray(257 * 4)
    for (let i = 0; i <= 256; i++) {
      const value = tint === 'signed' ? i / 128 - 1 : i
      bytes.set([...colour(value, tint, 1, zero), 255], i * 4)
    }
    colours = new Uint32Array(bytes.buffer)
    tables.set(key, colours)
  }
  return colours
}

/** A picture of a plane, a pixel an entry; painted over an earlier one if it is given. */
export function bitmap(
  plane: Plane,
  tint: Tint,
  most: number,
  zero: Rgb,
  canvas = document.createElement('canvas'),
): HTMLCanvasElement {
  const height = plane.length
  const width = plane[0]?.length ?? 1
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const context = canvas.getContext('2d')
  if (!context) return canvas
  const image = context.createImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  const colours = table(tint, zero)
  const signed = tint === 'signed'
  const factor = most ? 128 / most : 0
  let at = 0
  for (const row of plane)
    for (const value of row) {
      const place = signed ? 128 + (value ?? 0) * factor : (value ?? 0)
      pixels[at++] = colours[Math.max(0, Math.min(256, Math.round(place)))]!
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

/** Black or white, whichever is read better on a colour. */
export function inkOn([red, green, blue]: Rgb): string {
  const [r, g, b] = [red, green, blue].map((part) => (part / 255) ** 2.2) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.19 ? '#16181c' : '#ffffff'
}
