/** A figure's timeline as an animated GIF: a frame for each step, drawn by the figure itself. */
import { painted, Sheet } from './picture'
import { Scene } from './scene'
import { save } from './saving'

/** A figure that plays, to be gone through and drawn step by step. */
export type Film = {
  /** What is drawn: a drawing, or parts of the page that stand together. */
  of: () => SVGSVGElement | Element[] | undefined
  count: number
  /** The steps to be shown, where a whole way would be too long: of as many cells only the ends of rows. */
  steps?: readonly number[] | null
  /** Has so many steps done and drawn. */
  show: (done: number) => Promise<void>
  /** What a picture follows from left to right, where the whole would be too wide to be read. */
  middle?: (done: number) => number
  begin: () => void
  /** Leaves the figure as it was. */
  end: () => void
}

/** Of a longer way every second, third, ... step is shown. */
export const MOST_FRAMES = 120
/** Of a page's part, which takes longer to be drawn than a drawing. */
export const MOST_ROWS = 60
/** Of the longer side: a GIF keeps every pixel of every frame. */
const MOST_PIXELS = 1400
/** Of the drawing's own: a wider one is shown in part, so that its numbers can be read. */
const MOST_WIDE = 1100
const COLOURS = 256
/** How long a frame stays, in milliseconds: as a step does at 1×, and the end long enough to be read. */
const STEP = 1200
const END = 4000

/** The steps that are frames: the first and the last always, evenly between them. */
export function framesOf(count: number, most = MOST_FRAMES): number[] {
  const stride = Math.ceil(count / (most - 1)) || 1
  const before = Array.from({ length: Math.ceil(count / stride) }, (_, place) => place * stride)
  return [...before, count]
}

/** The steps that a film shows: those it is made for, as many as there may be. */
export function stepsOf({ count, steps }: Pick<Film, 'count' | 'steps'>): number[] {
  if (!steps) return framesOf(count)
  return framesOf(steps.length - 1, MOST_ROWS).map((place) => steps[place]!)
}

/** So much of a wide drawing, about a place in it. */
export function around(
  middle: number,
  box: { x: number; width: number },
  most = MOST_WIDE,
): { x: number; width: number } {
  const width = Math.min(most, box.width)
  return { x: Math.max(box.x, Math.min(box.x + box.width - width, middle - width / 2)), width }
}

export async function saveGif(film: Film, name: string, told: (share: number) => void): Promise<void> {
  const { GIFEncoder, applyPalette, quantize } = await import('gifenc')
  const gif = GIFEncoder()
  const steps = stepsOf(film)
  // All numbers stand at the end: nothing grows beyond what is measured there.
  await film.show(film.count)
  still(film)
  const drawing = film.of()
  if (!drawing) throw new Error('nothing to be drawn')
  const page = drawing instanceof SVGSVGElement ? new Sheet(drawing) : new Scene(() => film.of() as Element[])
  for (const [place, step] of steps.entries()) {
    await film.show(step)
    still(film)
    const drawn = await page.drawn(film.middle && around(film.middle(step), page.box))
    const canvas = await painted(drawn, Math.min(2, MOST_PIXELS / Math.max(drawn.width, drawn.height)))
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (!context) throw new Error('no picture')
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height)
    const palette = quantize(data, COLOURS)
    gif.writeFrame(applyPalette(data, palette), width, height, {
      palette,
      delay: step === film.count ? END : STEP,
    })
    told((place + 1) / steps.length)
  }
  gif.finish()
  save(new Blob([gif.bytes()], { type: 'image/gif' }), `${name}.gif`)
}

/** What is still on its way is where it goes to. */
function still(film: Film): void {
  for (const part of [film.of() ?? []].flat()) {
    for (const moving of part.getAnimations({ subtree: true })) {
      if (moving.effect?.getComputedTiming().endTime !== Infinity) moving.finish()
    }
  }
}
